"""Choosing a route: `plan` turns a request, a configuration and the routes' health into a `RouteDecision`. Pure."""
