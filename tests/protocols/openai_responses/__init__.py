"""Tests of gate.protocols.openai_responses."""
