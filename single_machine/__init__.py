"""The whole product on one machine: sets up, starts, watches and stops every process."""
