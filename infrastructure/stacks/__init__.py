"""Stacks, divided by lifetime: a changed service never replaces what holds data."""
