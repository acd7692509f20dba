"""What students do over weeks: classes they come to, hours of their own, breaks, forgotten tabs; drawn from a seed or read from a history."""
