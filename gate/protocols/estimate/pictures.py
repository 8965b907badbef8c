"""What a picture of a certain size costs, by the rule each vendor publishes.

Claude: platform.claude.com/docs/en/build-with-claude/vision (one token for each 28 x 28 pixels, after a picture that is
too large was scaled down; before, the page said width * height / 750). OpenAI: developers.openai.com/api/docs/guides/
images-vision (tiles of 512 pixels, or patches of 32). Gemini: ai.google.dev/gemini-api/docs/tokens (258 for each tile)
and .../media-resolution (from Gemini 3 on one figure for any size). Read 2026-11-21.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, sqrt

from gate.protocols.estimate.picture_size import Size

Rule = Callable[[Size, str | None], int]
"""Tokens of a picture. The second is OpenAI's `detail`, None where none was given."""


@dataclass(frozen=True, slots=True)
class ClaudeRule:
    """most_edge: pixels, most_tokens: what a picture is scaled down to."""

    most_edge: int
    most_tokens: int

    def __call__(self, size: Size, detail: str | None) -> int:
        del detail
        long, short = max(size), min(size)
        if self._fits(long, short):
            return _cells(long, short, 28)
        fitting, too_long = 1, long
        while fitting + 1 < too_long:
            middle = (fitting + too_long) // 2
            if self._fits(middle, _kept(middle, long, short)):
                fitting = middle
            else:
                too_long = middle
        return _cells(fitting, _kept(fitting, long, short), 28)

    def _fits(self, long: int, short: int) -> bool:
        return ceil(long / 28) * 28 <= self.most_edge and _cells(long, short, 28) <= self.most_tokens


@dataclass(frozen=True, slots=True)
class TileRule:
    """base: tokens of every picture, and all there are of one in low detail. tile: of each 512 x 512 pixels."""

    base: int
    tile: int

    def __call__(self, size: Size, detail: str | None) -> int:
        if detail == "low":
            return self.base
        scale = min(1.0, 2048 / max(size))
        scale = min(scale, 768 / min(size))
        return self.base + self.tile * _cells(*_scaled(size, scale), 512)


@dataclass(frozen=True, slots=True)
class PatchRule:
    """factor: tokens of each 32 x 32 pixels. high, auto: to so many of them a picture is scaled down, by its `detail`
    (`original` and no detail at all are like `auto`). edge: and to so many pixels, when it is in high detail."""

    factor: float = 1.0
    high: int = 1536
    auto: int = 1536
    edge: int = 2048

    def __call__(self, size: Size, detail: str | None) -> int:
        if detail == "low":
            size, budget = _scaled(size, min(1.0, 512 / max(size))), self.high
        elif detail == "high" or self.auto == self.high:
            size, budget = _scaled(size, min(1.0, self.edge / max(size))), self.high
        else:
            budget = self.auto
        return ceil(self.factor * _patches(size, budget))


@dataclass(frozen=True, slots=True)
class GeminiTiles:
    """Up to Gemini 2.5."""

    def __call__(self, size: Size, detail: str | None) -> int:
        del detail
        if max(size) <= 384:
            return 258
        unit = min(768, max(256, floor(min(size) / 1.5)))
        return 258 * _cells(*size, unit)


@dataclass(frozen=True, slots=True)
class FlatRule:
    tokens: int

    def __call__(self, size: Size, detail: str | None) -> int:
        del size, detail
        return self.tokens


def _cells(width: int, height: int, edge: int) -> int:
    return ceil(width / edge) * ceil(height / edge)


def _kept(edge: int, long: int, short: int) -> int:
    """The other edge, in the same proportion."""
    return max(round(edge * short / long), 1)


def _scaled(size: Size, scale: float) -> Size:
    return (size[0], size[1]) if scale >= 1.0 else (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))


def _patches(size: Size, budget: int) -> int:
    """Patches of 32 pixels that cover a picture, scaled down until they are within the budget."""
    patches = _cells(*size, 32)
    if patches <= budget:
        return patches
    shrunk = sqrt(budget * 32 * 32 / (size[0] * size[1]))
    across, down = size[0] * shrunk / 32, size[1] * shrunk / 32
    whole = min(max(1, floor(across)) / across, max(1, floor(down)) / down)
    return min(budget, ceil(round(across * whole, 6)) * ceil(round(down * whole, 6)))
