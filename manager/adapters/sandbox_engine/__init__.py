"""The sandbox engine: a small daemon that runs tasks on one machine, and its client."""
