"""`gate serve`: from options and configuration to running processes, with every refusal before anything listens."""

import os
import secrets
import sys
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path

from gate.admission.trust import is_loopback
from gate.app import Application
from gate.cli.command_serve import ServeOptions
from gate.cli.main import Failed
from gate.config.compile import compile_config, own_addresses
from gate.config.document import ConfigError
from gate.config.load import load
from gate.config.schema import Config, Listen
from gate.config.shadow import with_shadow
from gate.engine.snapshot import Snapshot
from gate.server.application import BoundAddress, Listener, ServerSettings, WorkerContext
from gate.server.supervisor import serve as run_server
from gate.telemetry.setup import check_environment


def serve(options: ServeOptions) -> int:
    """Returns the exit status. Raises ConfigError and Failed with what to do."""
    env = os.environ
    path = options.config or (Path(env["GATE_CONFIG"]) if env.get("GATE_CONFIG") else None)

    config = with_options(load(path, env), options, env)
    snapshot = with_shadow(compile_config(config, env), config, path, env)
    listen = config.listen
    try:
        check_environment(env)
    except ValueError as error:
        raise Failed(str(error)) from None
    check_exposure(listen, snapshot)
    own_addresses(snapshot, [(one.host, one.port) for one in listeners(listen)])
    instance = secrets.token_hex(4)
    bound: list[tuple[str, int]] = []

    def on_bound(addresses: tuple[BoundAddress, ...]) -> None:
        # Once more: with port 0 the real one is only known now.
        own_addresses(snapshot, [(address.host, address.port) for address in addresses])
        print("\n".join(banner(addresses, snapshot, env)), file=sys.stderr, flush=True)

    def read() -> Snapshot:
        again = with_options(load(path, env), options, env)
        # Where Gate listens cannot change under it; what it refuses there still holds.
        fresh = with_shadow(compile_config(again.model_copy(update={"listen": listen}), env), again, path, env)
        own_addresses(fresh, bound)
        return fresh

    def build(context: WorkerContext) -> Application:
        bound[:] = [(address.host, address.port) for address in context.addresses]
        newest = snapshot if context.generation == 0 else _newest(read, snapshot)
        return Application(context, newest, read, path, instance, env)

    settings = ServerSettings(
        listeners=listeners(listen),
        workers=listen.workers,
        drain_timeout_s=listen.drain_timeout_s,
    )
    return run_server(settings, build, on_bound=on_bound)


def _newest(read: Callable[[], Snapshot], first: Snapshot) -> Snapshot:
    """The configuration for a worker that starts: the one on disk, or the first one when that is no longer valid."""
    try:
        return read()
    except ConfigError:
        return first


def with_options(config: Config, options: ServeOptions, env: Mapping[str, str]) -> Config:
    """The command line wins over the environment, the environment over the file."""
    said: dict[str, object] = {}
    if env.get("GATE_HOST"):
        said["host"] = env["GATE_HOST"]
    if env.get("GATE_PORT"):
        said["port"] = _port(env["GATE_PORT"], "GATE_PORT")
    for name in ("host", "port", "admin", "workers"):
        value = getattr(options, name)
        if value is not None:
            said[name] = value
    if options.allow_anonymous:
        said["allow_anonymous"] = True
    listen = Listen.model_validate({**config.listen.model_dump(), **said})
    return config.model_copy(update={"listen": listen})


def _port(text: str, name: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise Failed(f"{name} is a port from 0 to 65535, not {text[:20]!r}")
    return int(text)


def listeners(listen: Listen) -> tuple[Listener, ...]:
    """The public listener, and the operators' own if there is one."""
    public = Listener(listen.host, listen.port, "public")
    if listen.admin is None:
        return (public,)
    host, _, port = listen.admin.rpartition(":")
    return (public, Listener(host.strip("[]") or "127.0.0.1", _port(port, "--admin HOST:PORT"), "admin"))


def check_exposure(listen: Listen, snapshot: Snapshot) -> None:
    """Gate does not serve strangers by accident. Raises Failed."""
    if is_loopback(listen.host) or snapshot.client_keys:
        return
    if listen.allow_anonymous:
        print(
            f"WARNING: {listen.host} is not loopback and --allow-anonymous is given: anybody who reaches this port "
            "uses your provider keys and spends your money.",
            file=sys.stderr,
        )
        return
    raise Failed(
        f"{listen.host} is not a loopback address and no client keys are configured: make one with `gate key` and put "
        "its hash under keys.clients (or set GATE_CLIENT_KEY); --allow-anonymous serves anybody"
    )


def banner(addresses: tuple[BoundAddress, ...], snapshot: Snapshot, env: Mapping[str, str]) -> list[str]:
    """Where to look, for a person who has just started Gate."""
    public = next(address for address in addresses if address.role == "public")
    admin = next((address for address in addresses if address.role == "admin"), public)
    url, admin_url = _reachable(public), _reachable(admin)
    usable = sorted(name for name, view in snapshot.world.providers.items() if view.unusable is None)
    key = "gate-local"
    return [
        f"gate listens on {url}",
        f"  providers    {', '.join(usable) or _no_provider(snapshot)}",
        f"  metrics      {admin_url}/metrics",
        f"  decisions    {admin_url}/gate/v1/decisions",
        "  traces       " + _traces(env),
        "try it:",
        f"  curl {url}/v1/messages -H 'content-type: application/json' \\",
        '    -d \'{"model":"auto","max_tokens":64,"messages":[{"role":"user","content":"hello"}]}\'',
        f"  ANTHROPIC_BASE_URL={url} ANTHROPIC_AUTH_TOKEN={key} claude",
        f"  gate explain auto{'' if admin_url == 'http://127.0.0.1:4000' else ' --url ' + admin_url}",
    ]


def _no_provider(snapshot: Snapshot) -> str:
    if snapshot.simulated is None:
        return "none with a key: only clients with credentials of their own are served"
    return "none with a key: answers are simulated (a client's own credential goes to its own vendor)"


def _reachable(address: BoundAddress) -> str:
    """The address as a client on this machine would write it."""
    host = ip_address(address.host)
    if host.is_unspecified:
        return f"http://127.0.0.1:{address.port}"
    return address.url


def _traces(env: Mapping[str, str]) -> str:
    endpoint = env.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or env.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if env.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return "off (OTEL_SDK_DISABLED)"
    if endpoint:
        return "sent over OTLP to the configured endpoint; every answer names its trace in `traceresponse`"
    return "not sent; set OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 to send them to a collector"
