"""`/metrics` of the whole school at one loopback address, for a Prometheus on this machine."""
