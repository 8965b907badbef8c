"""Credentials that are not a key: they come from somewhere, expire, and are renewed off the event loop."""
