"""A real OpenTelemetry Collector, Jaeger and Prometheus for the tests, as processes or as containers."""
