"""What a person may ask of a school about their own data: a copy of all of it, and its erasure."""
