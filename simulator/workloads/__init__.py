"""What students do over weeks, drawn from a seed or read from a history."""
