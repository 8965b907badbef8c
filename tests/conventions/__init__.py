"""Whether the telemetry of a real Gate holds to the semantic conventions, in every profile."""
