"""What can be proven of the platform without an account."""
