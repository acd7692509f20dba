"""The workspace manager: decides which workspaces and warm tasks should exist, and makes it so."""
