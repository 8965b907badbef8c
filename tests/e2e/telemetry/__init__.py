"""What Gate tells, read back from where it arrives: Jaeger, Prometheus, headers, log, command line, API, upstream."""
