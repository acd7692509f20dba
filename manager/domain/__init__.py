"""What the workspace manager knows and decides: plain data, pure functions, no clock."""
