"""The architecture document's AWS platform as code: one CDK application."""
