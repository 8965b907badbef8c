"""Tests of gate.protocols.openai_chat."""
