"""The gateway's decisions: who may reach which workspace, how they get in, and what they see when they cannot."""
