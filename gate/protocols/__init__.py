"""Dialects, sans-IO: what Gate reads of a body and may change in it, and how each dialect words errors and ends."""
