"""What the manager's core asks of the world, as protocols; each has an in-memory adapter and a
contract suite."""
