"""`python -m tests.interop [--check]`: see matrix.py."""

from __future__ import annotations

import argparse
import sys

from tests.interop.matrix import cells
from tests.interop.parity import PAGE, page


def main() -> int:
    """0 when every cell holds and the page is current or was written."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop", description="The interop matrix.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page would change")
    options = parser.parse_args()
    done = list(cells())
    broken = [cell for cell in done if cell.problem]
    for cell in broken:
        how = "streamed" if cell.stream else "whole"
        print(f"{cell.client} on {cell.target}, {cell.scenario}, {how}: {cell.problem}", file=sys.stderr)
    text = page(done)
    current = PAGE.exists() and PAGE.read_text() == text
    if not options.check:
        PAGE.write_text(text)
    elif not current:
        print(f"{PAGE.name} is not current: run python -m tests.interop", file=sys.stderr)
    print(f"{len(done) - len(broken)} of {len(done)} cells hold")
    return 1 if broken or (options.check and not current) else 0


if __name__ == "__main__":
    raise SystemExit(main())
