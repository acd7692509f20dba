"""The parent of all sandboxes: small, so that it outlives the engine, which decides everything."""
