"""The machine's own clock, randomness, threads and counters."""
