"""Real PostgreSQL and Redis, a fake manager and a served process for the backend's tests."""
