"""What every package of the backend stands on: problems, environment, Redis, background workers, requests."""
