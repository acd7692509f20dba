"""The agents, over HTTP on a Unix socket or a TCP address."""
