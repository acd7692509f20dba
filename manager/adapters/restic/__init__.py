"""Snapshots of homes with restic: one encrypted repository for each home, in a folder or in S3."""
