"""Tasks on Amazon ECS: Fargate and Fargate Spot, one task definition for each slot."""
