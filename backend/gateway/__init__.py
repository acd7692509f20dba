"""The gateway's decisions: who may reach which workspace, how they enter, and why they cannot."""
