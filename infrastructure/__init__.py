"""The architecture document's AWS platform as code: one CDK application, whose stacks are cut by how long what is in them lives."""
