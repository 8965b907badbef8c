"""Gate's tests: one directory per package of gate/, plus harness/ (shared helpers) and stack/ (telemetry back ends)."""
