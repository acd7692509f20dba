"""Stacks, cut by how long what is in them lives: what holds data is never replaced because a service changed."""
