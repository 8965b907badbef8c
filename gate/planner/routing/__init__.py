"""Routing rules: what sends a request elsewhere than its model's name says. Pure; `plan` asks them once."""
