"""Homes as directories of one machine."""
