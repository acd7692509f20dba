"""What the manager can be asked to do, and the reconcile pass. Thin: the domain decides."""
