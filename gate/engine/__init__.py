"""Use cases: from a request to a decision to an answer. The world is reached through the Protocols in `ports`."""
