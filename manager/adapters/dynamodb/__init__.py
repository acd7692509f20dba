"""The records of workspaces and tasks in one DynamoDB table."""
