"""A decision out of this machine's store, when no Gate is there to be asked."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from gate.config.document import ConfigError
from gate.config.load import load
from gate.config.store import store_settings
from gate.engine.explain import explain_text
from gate.planner.serialise import decision_to, execution_to
from gate.store.sqlite_file import NewerFile, find


def stored(decision_id: str) -> dict[str, Any] | None:
    """What `GET /gate/v1/decisions/ID` says of it, but for its view; None where there is none, or none to be read."""
    given = os.environ.get("GATE_CONFIG")
    try:
        config = load(Path(given) if given else None, os.environ)
        path = store_settings(config.store, os.environ).path
        found = None if path is None else find(path, decision_id)
    except (ConfigError, NewerFile, OSError, ValueError, sqlite3.Error):
        return None
    if found is None:
        return None
    return {
        "decision": decision_to(found.decision),
        "execution": execution_to(found.execution),
        "text": explain_text(found.decision, found.execution),
    }
