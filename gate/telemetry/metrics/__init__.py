"""Metrics: one source of numbers, shared by all workers of a Gate (docs/adr/0002-one-source-for-metrics.md)."""
