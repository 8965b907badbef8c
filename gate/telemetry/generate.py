"""Compiles `registry.yaml` into `registry.json` and `names.py`: `python -m gate.telemetry.generate`.

Run it after every change of the registry; a test fails as long as the two are not what this module would write.
"""

from pathlib import Path
from typing import Any

import msgspec
import yaml

from gate.telemetry.registry import COMPILED, SOURCE, Registry

NAMES = Path(__file__).with_name("names.py")

_HEAD = '''"""Names of spans, attributes, events, metrics and headers, generated from `registry.yaml`.

Do not edit: change the registry and run `python -m gate.telemetry.generate`.
"""

'''


def compiled() -> bytes:
    """What `registry.json` must hold. Raises msgspec.ValidationError when the YAML is not a registry."""
    raw: Any = yaml.load(SOURCE.read_text("utf-8"), yaml.CSafeLoader)
    registry = msgspec.convert(raw, Registry)
    return msgspec.json.format(msgspec.json.encode(registry), indent=1) + b"\n"


def names() -> str:
    """What `names.py` must hold."""
    registry = msgspec.json.decode(compiled(), type=Registry)
    groups = (
        ("Attributes", registry.attributes, ""),
        ("Events", registry.events, "EVENT_"),
        ("Metrics, by their OpenTelemetry names", registry.metrics, "METRIC_"),
        ("Response headers", registry.headers, "HEADER_"),
    )
    parts = [_HEAD]
    for title, items, prefix in groups:
        parts.append(f"# {title}\n")
        parts.extend(f'{prefix}{_constant(name)} = "{name}"\n' for name in items)
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


def _constant(name: str) -> str:
    return name.upper().replace(".", "_").replace("-", "_")


if __name__ == "__main__":
    COMPILED.write_bytes(compiled())
    NAMES.write_text(names(), "utf-8")
