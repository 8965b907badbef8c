"""Decisions under pressure through real HTTP: a scripted upstream, a Gate of its own, traces read back from Jaeger."""
