"""Histories of homes in folders of one machine: each home's checkpoints, and every content once."""
