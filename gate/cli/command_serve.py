"""`gate serve`: run the gateway."""

import argparse
from dataclasses import dataclass
from pathlib import Path

NAME = "serve"
HELP = "run the gateway"


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What the command line says; None = not said, so that the configuration decides."""

    config: Path | None
    host: str | None
    port: int | None
    admin: str | None
    workers: int | None
    allow_anonymous: bool


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="configuration file (GATE_CONFIG)")
    parser.add_argument("--host", help="address to listen on (GATE_HOST); default 127.0.0.1")
    parser.add_argument("--port", type=int, help="port to listen on (GATE_PORT); default 4000")
    parser.add_argument("--admin", metavar="HOST:PORT", help="a listener of its own for /metrics and /gate/v1/*")
    parser.add_argument("--workers", type=int, help="worker processes; default 1")
    parser.add_argument(
        "--allow-anonymous",
        action="store_true",
        help="serve clients without a key on an address that is not loopback: anybody who reaches it spends your money",
    )


def run(options: argparse.Namespace) -> int:
    return options.serve(
        ServeOptions(
            config=options.config,
            host=options.host,
            port=options.port,
            admin=options.admin,
            workers=options.workers,
            allow_anonymous=options.allow_anonymous,
        )
    )
