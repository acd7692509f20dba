"""What every package of the backend uses: problems, environment, Redis, workers, requests."""
