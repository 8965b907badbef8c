"""The systems, on answers written by hand."""
