"""A cohort's shared data: files that its instructors upload and each workspace sees read-only."""
