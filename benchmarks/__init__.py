"""Measurements of the whole product: launch times, gateway, memory, simulated schools."""
