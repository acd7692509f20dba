"""What workspaces use: sessions, hours by student and cohort, and the history for the simulator."""
