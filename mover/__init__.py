"""The mover: a function that mounts the homes' file system and moves homes on it; nothing else."""
