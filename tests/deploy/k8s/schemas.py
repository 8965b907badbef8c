"""Objects against schemas, strictly: a member that Kubernetes does not know is an error, as it is for
`kubectl apply --validate=strict`.

Kubernetes' own kinds: the schemas inside the package kubernetes-validate, made from each release's OpenAPI document.
The Prometheus Operator's kinds: its own definitions.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from tests.deploy.k8s.programs import Object, schemas

VERSIONS = ("1.30", "1.33", "1.37")
"""The oldest release whose kubelet knows what we use (preStop.sleep), one in between, the newest that is known here."""
OPERATOR = {"PodMonitor": "podmonitors", "ServiceMonitor": "servicemonitors", "PrometheusRule": "prometheusrules"}


def findings(thing: Object, version: str = VERSIONS[-1]) -> list[str]:
    """What is wrong with an object; empty when it would be taken."""
    return list(_findings(json.dumps(thing), version))


@cache
def _findings(text: str, version: str) -> tuple[str, ...]:
    """Cached: most objects are the same in every overlay, and a schema is a megabyte."""
    thing = json.loads(text)
    name = f"{thing.get('kind')}/{thing.get('metadata', {}).get('name')}"
    if thing.get("kind") in OPERATOR:
        errors = jsonschema.Draft202012Validator(_definition(thing["kind"])).iter_errors(thing)
        return tuple(f"{name}: {error.json_path}: {error.message}" for error in errors)
    try:
        kubernetes_validate.validate(thing, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return (f"{name} ({version}): {'.'.join(map(str, error.path))}: {error.message}",)
    except kubernetes_validate.SchemaNotFoundError as error:
        return (f"{name} ({version}): {error.message}",)
    return ()


@cache
def _definition(kind: str) -> dict[str, Any]:
    definition = yaml.safe_load((schemas() / f"{OPERATOR[kind]}.yaml").read_text())
    (version,) = [one for one in definition["spec"]["versions"] if one["name"] == "v1"]
    schema = _strict(version["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object", "required": ["name"]}
    return schema


def _strict(schema: Any) -> Any:
    """The same schema, in which an object has no other properties than those it names."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    closed = schema.get("type") == "object" and isinstance(schema.get("properties"), dict)
    if closed and not schema.get("x-kubernetes-preserve-unknown-fields"):
        strict.setdefault("additionalProperties", False)
    return strict
