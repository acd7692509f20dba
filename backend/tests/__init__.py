"""What the backend's tests stand on: real PostgreSQL and Redis, a manager that speaks the contract, a served process."""
