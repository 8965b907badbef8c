"""Tests of gate.server: real processes around a small application (demo.py), started and watched by running.py."""
