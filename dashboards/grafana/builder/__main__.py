"""`python -m dashboards.grafana.builder` writes the dashboards; with `--check` it only says which are out of date.

One directory per profile of the semantic conventions, one file per dashboard, and `.lint` with the exceptions for
Grafana's dashboard-linter.
"""

import importlib
import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from dashboards.grafana.builder import lint_exceptions
from dashboards.grafana.builder.board import UIDS, Board, render

HOME = Path(__file__).resolve().parent.parent
PROFILES = ("1.41", "genai-next")
"""`dup` exposes the names of both: either directory serves it."""


def boards(profile: str) -> list[Board]:
    """Every dashboard of a profile, in the order of UIDS."""
    modules = [uid.removeprefix("gate-").replace("-", "_") for uid in UIDS.values()]
    return [importlib.import_module(f"dashboards.grafana.builder.boards.{name}").board(profile) for name in modules]


def documents() -> dict[Path, str]:
    """Every file this program answers for, with its content."""
    found: dict[Path, str] = {}
    for profile in PROFILES:
        rendered: list[model.Dashboard] = []
        for board in boards(profile):
            rendered.append(render(board, profile))
            text = json.dumps(rendered[-1], cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False)
            found[HOME / profile / board.file] = text + "\n"
        found[HOME / profile / ".lint"] = lint_exceptions.document(rendered)
    return found


def stale(wanted: dict[Path, str]) -> list[Path]:
    """Files that are missing, differ, or should not be there."""
    present = {path for profile in PROFILES for path in (HOME / profile).glob("*.json")}
    changed = {path for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text}
    return sorted(changed | (present - wanted.keys()))


def write(path: Path, text: str | None) -> None:
    """text: None for a file that should not be there."""
    if text is None:
        path.unlink()
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


def main(arguments: list[str]) -> int:
    checking = "--check" in arguments
    wanted = documents()
    behind = stale(wanted)
    for path in behind:
        print(path.relative_to(HOME), "" if path in wanted else "(should not be there)")
        if not checking:
            write(path, wanted.get(path))
    print(f"{len(wanted)} files, {len(behind)} {'out of date' if checking else 'written'}")
    return 1 if behind and checking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
