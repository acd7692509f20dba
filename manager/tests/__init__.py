"""Tests of the manager's domain, use cases, stores and entry point."""
