"""The audit trail: who did what to what, append-only by force of the database."""
