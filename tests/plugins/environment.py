"""Fresh environments with Gate and a package in them, both put there by pip.

What Gate itself needs is borrowed from the environment the tests run in, so that nothing but Gate and the package is
installed. Where the build tool (hatchling) is in that environment too, pip is kept from every index.
"""

import os
import subprocess
import sysconfig
import venv
from importlib.util import find_spec
from pathlib import Path

from tests.harness.missing import missing_part

NO_INDEX = ("no matching distribution", "could not find a version", "connection", "retrying")


class Environment:
    """A virtual environment in `folder`. Skips the test (in CI: fails it) when hatchling cannot be had."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=True)
        self.python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        self.gate = self.python.with_name("gate")
        borrowed = self.run(self.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
        paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        Path(borrowed, "borrowed.pth").write_text("\n".join(sorted(paths)) + "\n")

    def run(self, *command: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        """One run in a shell that knows nothing of Gate; cwd and PYTHONPATH lead to no checkout."""
        surroundings = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/"), **env}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=300, check=False, cwd=self.python.parent, env=surroundings
        )

    def install(self, *packages: Path) -> None:
        """`pip install` of folders, without their dependencies."""
        offline = ("--no-build-isolation", "--no-index") if find_spec("hatchling") else ()
        done = self.run(
            self.python,
            *("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--ignore-installed"),
            *offline,
            *packages,
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_") or "proxy" in name.lower()},
        )
        if done.returncode and not offline and any(word in done.stderr.lower() for word in NO_INDEX):
            missing_part(f"hatchling is not installed and cannot be had: {done.stderr[-500:]}")
        assert done.returncode == 0, done.stderr


def made_from(template: Path, folder: Path, **names: str) -> Path:
    """A copy of a template in which each name stands in the place of another, in files and in their names."""
    for source in sorted(path for path in template.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        target = str(source.relative_to(template))
        text = source.read_text()
        for old, new in names.items():
            target, text = target.replace(old, new), text.replace(old, new)
            text = text.replace(old.upper(), new.upper()).replace(old.title(), new.title())
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
