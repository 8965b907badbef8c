"""Helpers that tests share: a scripted upstream, a Gate process, real coding clients. See README.md here."""
