"""Lambda's instances of our own functions: how many of them are ready for callers."""
