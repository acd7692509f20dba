"""What runs in Superset's own Python; the rest of this kind needs the standard library only."""
