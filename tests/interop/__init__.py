"""Every client dialect on every upstream dialect: the matrix behind docs/reference/parity.md."""
