"""Tests of gate.protocols.anthropic_messages."""
