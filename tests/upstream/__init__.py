"""Tests of gate.upstream: against raw servers on loopback, on asyncio and on uvloop."""
