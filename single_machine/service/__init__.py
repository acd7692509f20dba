"""ApraNova as a service of a Linux server: `install` and `upgrade`, run by root.

Standard library only, with the system's own Python: no downloaded package ever runs as root.
"""
