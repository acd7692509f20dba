"""The queue through which one reconcile pass asks for the next."""
