"""Envoy's configuration: the edge and the gateway in front of everything, and what renders it."""
