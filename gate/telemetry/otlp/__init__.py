"""OTLP export with bounds: what is recorded is encoded at once, waits in a bounded queue, and one thread sends it.

`settings` reads the standard variables; `wire`, `spans`, `metrics`, `logs` encode; `worker` and `pusher` queue, batch
and retry; `http_sender` and `grpc_sender` carry; `shutdown` ends all of them together within a given time. A collector
that is away, silent or slow costs bounded memory and never makes a request wait; what is lost is counted by reason.
"""
