"""Sharing: a student lets others see what a program of theirs serves, until a time."""
