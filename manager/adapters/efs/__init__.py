"""Homes on Amazon EFS: one access point for each, on one of several file systems."""
