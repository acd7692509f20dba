"""Databases in a workspace: started by their first connection, kept in the home."""
