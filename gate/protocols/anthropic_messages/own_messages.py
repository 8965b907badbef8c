"""Messages that came in this very dialect, for an upstream of it: the same objects, except that thinking goes only to
the vendor that made its signature."""

from collections.abc import Sequence

from gate.protocols.anthropic_messages.encode_blocks import BlockWriter
from gate.protocols.canonical.parts import Part, Text, Thinking, ToolCall, ToolResult, Wire
from gate.protocols.canonical.request import Message, Role


def own_messages(messages: Sequence[Message], blocks: BlockWriter, vendor: str) -> list[Wire]:
    """`messages` for the upstream. A message of which nothing is left is left out."""
    found = (_message(message, blocks, vendor) for message in messages if not message.top)
    return [message for message in found if message is not None]


def own_system(messages: Sequence[Message], blocks: BlockWriter, vendor: str) -> object:
    """`system`, None when there is none. One text without an object of its own came as a string."""
    parts = [part for message in messages if message.top for part in message.parts]
    if len(parts) == 1 and isinstance(parts[0], Text) and parts[0].raw is None and parts[0].cache is None:
        return parts[0].text or None
    made = (own_block(part, f"system[{at}]", blocks, vendor) for at, part in enumerate(parts))
    return [block for block in made if block is not None] or None


def _message(message: Message, blocks: BlockWriter, vendor: str) -> Wire | None:
    raw = message.raw
    # A text that is all of a message's content has no object of its own.
    plain = raw is not None and isinstance(raw.get("content"), str)
    if raw is not None and (plain or not any(_changes(part, vendor) for part in message.parts)):
        return raw
    made = (own_block(part, f"{message.path}.content[{at}]", blocks, vendor) for at, part in enumerate(message.parts))
    content = [block for block in made if block is not None]
    if not content and message.parts:
        return None
    role = Role.SYSTEM if message.role is Role.DEVELOPER else message.role
    # The role and everything beside the content as it came.
    return {"role": role.value, **(raw or {}), "content": content}


def _changes(part: Part, vendor: str) -> bool:
    """Whether a part is not sent as it came."""
    if isinstance(part, Thinking):
        return part.raw is None or (part.opaque is not None and part.opaque.origin != vendor)
    return part.raw is None


def own_block(part: Part, path: str, blocks: BlockWriter, vendor: str) -> Wire | None:
    """One block as it came, or written anew."""
    if isinstance(part, Thinking):
        if part.raw is not None and (part.opaque is None or part.opaque.origin == vendor):
            return part.raw
        return blocks.thinking(part, path)
    raw = part.raw
    if raw is not None:
        return raw
    match part:
        case ToolCall():
            return blocks.call(part, part.id, path)
        case ToolResult():
            return blocks.result(part, part.id, path)
        case _:
            return blocks.shown(part, path)
