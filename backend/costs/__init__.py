"""What workspaces use: their sessions, hours by student and cohort, and the history for the simulator."""
