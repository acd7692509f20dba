"""Tasks as plain child processes of the sandbox engine: for development, if explicitly chosen."""
