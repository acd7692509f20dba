"""Gets the school's certificate from a certificate authority and renews it (ACME, RFC 8555)."""
