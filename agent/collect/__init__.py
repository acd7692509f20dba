"""Collecting: a copy of an assignment's folder leaves the home, which does not change."""
