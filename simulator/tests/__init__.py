"""Tests of the simulator, and the runs of the manager under it."""
