"""The fleet under a fake clock: the manager's real core with simulated engines, stores, agents, students and faults."""
