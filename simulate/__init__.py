"""A simulator of providers under pressure: the real planner, health and walk of Gate beside simple ways to route."""
