"""Gate: an OpenTelemetry-native gateway for language-model traffic."""

__version__ = "0.1.0"
