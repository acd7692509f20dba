"""Runs the manager's real core under a fake clock, with simulated engines, stores and students."""
