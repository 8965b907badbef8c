"""One YAML file, checked, merged over the shipped default and compiled into one immutable
`engine.snapshot.Snapshot`."""
