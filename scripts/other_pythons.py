"""Runs the tests of the pure packages, and the drain, on the other Python versions this machine has (3.11 to 3.13).

Environments are kept under `~/.cache/gate-pythons` and made again when `pyproject.toml` changes. A version that is not
there is named, not failed: which ones a machine has is its own business.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path.home() / ".cache" / "gate-pythons"
VERSIONS = ("3.11", "3.12", "3.13")
PURE = ("core", "protocols", "providers", "catalog", "health", "planner", "admission", "simulate")
DRAIN = ("tests/server/test_supervisor.py", "tests/server/test_worker.py")


def candidates(version: str) -> Iterator[str]:
    """Interpreters of one minor version, on the path and in pyenv."""
    found = shutil.which(f"python{version}")
    if found:
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for folder in sorted(pyenv.glob(f"{version}.*"), reverse=True):
        yield str(folder / "bin" / "python")


def works(python: str, version: str) -> bool:
    """A pyenv shim may stand for a version that is not chosen here."""
    code = "import sys, venv, ssl; print('%d.%d' % sys.version_info[:2])"
    try:
        said = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return False
    return said.returncode == 0 and said.stdout.strip() == version


def environment(python: str, version: str) -> Path:
    """The python of an environment with Gate and what these tests need."""
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()[:12]
    home = CACHE / f"{version}-{digest}"
    inside = home / "bin" / "python"
    if not (home / ".installed").exists():
        for old in CACHE.glob(f"{version}-*"):
            shutil.rmtree(old)
        subprocess.run([python, "-m", "venv", str(home)], check=True)
        subprocess.run([str(inside), "-m", "pip", "install", "--quiet", "--upgrade", "pip"], check=True)
        subprocess.run(
            [str(inside), "-m", "pip", "install", "--quiet", ".[grpc]", "--group", "test"], cwd=ROOT, check=True
        )
        subprocess.run([str(inside), "-m", "pip", "uninstall", "--quiet", "--yes", "otelgate"], check=True)
        (home / ".installed").touch()
    return inside


def main() -> int:
    current = f"{sys.version_info.major}.{sys.version_info.minor}"
    failed: list[str] = []
    for version in VERSIONS:
        if version == current:
            continue
        python = next((path for path in candidates(version) if works(path, version)), None)
        if python is None:
            print(f"Python {version}: not on this machine, its tests were not run")
            continue
        folders = [f"tests/{package}" for package in PURE if (ROOT / "tests" / package).is_dir()]
        command = [str(environment(python, version)), "-m", "pytest", "-q", "-p", "no:cacheprovider", *folders, *DRAIN]
        print(f"Python {version}: {len(folders)} pure packages and the drain", flush=True)
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            failed.append(version)
    if failed:
        print(f"failed on Python {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
