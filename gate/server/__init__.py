"""Processes: a supervisor that binds the sockets and keeps the workers alive, and workers that serve and drain.

It knows the application by the Protocols of `application` only; `supervisor.serve` is the way in.
"""
