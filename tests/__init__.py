"""End-to-end tests of the whole product through a real browser, and the command that runs every test there is."""
