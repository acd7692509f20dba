"""The operator's console: what an admin sees and does for the whole school, from the portal."""
