"""`gate` and `python -m gate`."""

import sys


def main() -> int:
    """The console command. The heavy half of the program is only imported by the commands that need it."""
    from gate.cli.main import run

    return run(sys.argv[1:], serve=_serve)


def _serve(options: object) -> int:
    from gate.start import serve

    return serve(options)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
