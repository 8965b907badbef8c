"""Writes Gate's Grafana dashboards from the registry: `python -m dashboards.grafana.builder` (see __main__.py)."""
