"""Workspaces as their owners see them: record, client of the manager, API, live updates."""
