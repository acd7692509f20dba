"""People: users with a role and a track, invitations, sign-in through django-allauth."""
