"""From a list of people, pasted or as a file, to a cohort's students and invitations."""
