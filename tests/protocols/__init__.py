"""Tests of gate.protocols, pure: bytes in, values and bytes out."""
