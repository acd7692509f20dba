"""The sandbox engine: a small daemon that plays dockerd's role for tasks on one machine, and the client that talks to it."""
