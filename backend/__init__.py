"""The backend: accounts, workspaces as people see them, audit and the gateway's decisions; never runs a task itself."""
