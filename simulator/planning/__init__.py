"""A school's weeks under the manager's real core: what students wait, what AWS bills, what the manager asks of its services."""
