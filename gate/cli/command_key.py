"""`gate key`: make a key for a client (or an admin), and the hash that the configuration keeps of it."""

import argparse
import secrets

from gate.admission.keys import new_key

NAME = "key"
HELP = "make a new client or admin key and its hash"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="client", help="shown on spans in place of the key")


def run(options: argparse.Namespace) -> int:
    key, digest = new_key(secrets.token_bytes(32))
    print(f"key (give it to the client; it is not kept anywhere): {key}")
    print("for the configuration, under keys.clients or keys.admin:")
    print(f'  - {{name: {options.name}, hash: "sha256:{digest}"}}')
    return 0
