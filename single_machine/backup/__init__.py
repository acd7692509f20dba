"""Backups of a whole school, and a school made again from one."""
