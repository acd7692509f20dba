"""Mutation testing: small mistakes, drawn by a seed, that the tests have to notice."""
