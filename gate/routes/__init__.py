"""The HTTP surface: one file per operation, found by discovery. Choosing a route for a request lives in
`gate.planner`."""
