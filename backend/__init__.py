"""The backend: accounts, workspaces as people see them, audit, access. It runs no task itself."""
