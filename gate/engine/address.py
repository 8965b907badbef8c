"""Where an upstream is asked: path and query of one call."""

from gate.core.dialect import Operation
from gate.core.profile import Endpoint


def address(
    endpoint: Endpoint, operation: Operation, model: str, client_query: bytes, *, stream: bool
) -> tuple[str, bytes]:
    """Path and query (without `?`): the endpoint's own parameters, then the client's besides. client_query: empty where
    the client asked in another dialect."""
    counting = operation is Operation.COUNT_TOKENS
    path, _, query = endpoint.path_for(model, stream=stream, counting=counting).partition("?")
    return path, _joined(query.encode("ascii"), client_query)


def _joined(own: bytes, client: bytes) -> bytes:
    """A parameter that is the endpoint's own stands once."""
    if not own:
        return client
    names = {part.partition(b"=")[0] for part in own.split(b"&")}
    rest = [part for part in client.split(b"&") if part and part.partition(b"=")[0] not in names]
    return b"&".join([own, *rest])
