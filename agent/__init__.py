"""The first process in every task: guards the application and reports to the manager."""
