"""The house rules a linter does not know: file length, a test beside every pure module, one place for each thing."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 400
PURE = ("core", "protocols", "providers", "catalog", "health", "planner", "admission")


def tracked(pattern: str) -> list[Path]:
    """Files git knows or would add, so that a forgotten file counts as well."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in sorted(set(listed.stdout.split())) if (ROOT / name).is_file()]


def too_long(files: list[Path]) -> list[str]:
    found: list[str] = []
    for path in files:
        lines = len(path.read_text().splitlines())
        if lines > MAX_LINES:
            found.append(f"{path.relative_to(ROOT)}: {lines} lines, the bound is {MAX_LINES}")
    return found


def untested(files: list[Path]) -> list[str]:
    """Pure modules without `tests/<same path>/test_<name>.py`. A module of declarations only needs none."""
    found: list[str] = []
    for path in files:
        relative = path.relative_to(ROOT / "gate")
        if relative.parts[0] not in PURE or path.name == "__init__.py" or not has_behaviour(path):
            continue
        test = ROOT / "tests" / relative.parent / f"test_{path.name}"
        if not test.is_file():
            found.append(f"{path.relative_to(ROOT)}: no {test.relative_to(ROOT)}")
    return found


def has_behaviour(path: Path) -> bool:
    """Whether a module does something: a function, or a class that is more than a declaration of fields."""
    return re.search(r"^(async )?def ", path.read_text(), re.MULTILINE) is not None


def main() -> int:
    sources = [path for path in tracked("*.py") if path.is_relative_to(ROOT / "gate")]
    findings = too_long(tracked("*.py")) + untested(sources)
    for finding in findings:
        print(finding)
    print(f"check_tree: {len(sources)} source files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
