"""Metrics in CloudWatch, through the function's own log."""
