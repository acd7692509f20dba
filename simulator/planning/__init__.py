"""Simulates a school's weeks: how long students wait, and what AWS bills."""
