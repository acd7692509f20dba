"""Workspaces as their owners see them: the record, the client of the workspace manager, the API and live updates."""
