"""The command line: one file per command, found by discovery. A command is a module with `NAME`, `HELP`, `add`,
`run`."""
