"""Dashboards, provisioning files and saved scopes, without a Grafana. Their queries run in tests/scenario."""
