"""Measured questions about the whole product: how fast a launch is, what the gateway costs, how much memory it takes."""
