"""What the workspace manager knows and decides: plain data and pure functions, no I/O and no clock."""
