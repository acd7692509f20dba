"""How tasks and workspaces begin, run and end; knows nothing of the warm pool's forecast."""
