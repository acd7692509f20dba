"""What stands behind the ports: one folder a technology, and in-memory ones for tests."""
