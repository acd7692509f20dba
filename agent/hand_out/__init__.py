"""Puts an assignment's files into the home, and changes nothing that is there."""
