"""Mutants of the synthesized templates: small mistakes that a test has to notice."""
