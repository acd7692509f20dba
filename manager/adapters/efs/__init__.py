"""Homes on EFS: one file system, on which the mover brings a home to a task and back."""
