"""Items of tools that only this dialect knows, in plain words: what another vendor's model can still make of them.

Such an item never becomes a tool call elsewhere; these words may stand in its place, reported as a loss.
"""

import msgspec

from gate.protocols.canonical.parts import Wire
from gate.protocols.fields import mapping
from gate.protocols.openai_responses.content import texts_of
from gate.protocols.openai_responses.values import array, filled, string, strings


def plain_text(kind: str, item: Wire) -> str | None:
    """A reading of one item, None when there is none."""
    match kind:
        case "web_search_call":
            return _labelled("Web search", _searched(mapping(item.get("action"))))
        case "file_search_call":
            found = texts_of(array(item.get("results")))
            return _labelled("File search", "\n".join([*strings(item.get("queries")), *([found] if found else [])]))
        case "code_interpreter_call":
            return _labelled("Code run", "\n".join(filter(None, [string(item.get("code")), _logs(item)])))
        case "mcp_call":
            said = filled(item.get("output")) or filled(item.get("error")) or ""
            return _labelled("Tool call", f"{item.get('name')}({item.get('arguments')})\n{said}".rstrip())
        case "local_shell_call":
            return _labelled("Shell command", " ".join(strings(mapping(item.get("action")).get("command"))))
        case "shell_call":
            return _labelled("Shell command", "\n".join(strings(mapping(item.get("action")).get("commands"))))
        case "shell_call_output":
            return _labelled("Shell output", _shell_output(item))
        case "local_shell_call_output" | "apply_patch_call_output" | "program_output":
            return filled(item.get("output")) or filled(item.get("result"))
        case "apply_patch_call":
            return _labelled("Patch", _json(item.get("operation")))
        case "computer_call":
            return _labelled("Computer action", _json(item.get("action") or item.get("actions")))
        case "program":
            return _labelled("Program", filled(item.get("code")))
        case _:
            return None


def _labelled(label: str, text: str | None) -> str | None:
    return f"[{label}]\n{text}" if text else None


def _searched(action: Wire) -> str:
    parts = [*strings(action.get("queries")), string(action.get("url")), string(action.get("pattern"))]
    return "\n".join(filter(None, parts)) or string(action.get("query")) or ""


def _logs(item: Wire) -> str:
    outputs = map(mapping, array(item.get("outputs")))
    return "\n".join([logs for output in outputs if (logs := filled(output.get("logs"))) is not None])


def _shell_output(item: Wire) -> str:
    outputs = [mapping(output) for output in array(item.get("output"))]
    said = [text for output in outputs for name in ("stdout", "stderr") if (text := filled(output.get(name)))]
    return "\n".join(said) or string(item.get("output")) or ""


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
