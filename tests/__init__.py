"""End-to-end tests of the product in a real browser, and the command that runs all tests."""
