"""`gate schema`: the configuration's JSON Schema."""

import argparse
import json

from gate.config.schema import Config

NAME = "schema"
HELP = "print the JSON Schema of the configuration"


def add(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(options: argparse.Namespace) -> int:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}
    print(json.dumps(schema, indent=2))
    return 0
