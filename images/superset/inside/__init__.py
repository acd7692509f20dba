"""What runs in Superset's own Python, which has its packages; everything else of this kind needs the standard library only."""
