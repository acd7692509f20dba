"""Tasks as plain child processes of the sandbox engine: development only, and only when asked for by name."""
