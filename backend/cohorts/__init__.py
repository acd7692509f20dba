"""Cohorts: who learns together, with which instructors, and when their classes are."""
