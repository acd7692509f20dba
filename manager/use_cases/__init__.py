"""What the manager can be asked to do, and the pass that repairs whatever was cut short. Thin: the
domain decides."""
