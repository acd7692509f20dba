"""How many tasks to keep warm, of which kind, for whom and why: forecast, prices, schedule."""
