"""Every port in memory: for tests, and as the plainest definition of what each port means."""
