"""What a task runs: one folder a kind, each with its application and the way to build it."""
