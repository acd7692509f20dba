"""Putting back: files of then come into the home, as the student, inside the sandbox."""
