"""Assignments: an instructor's files come into each student's home, and change nothing there."""
