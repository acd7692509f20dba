"""The queue by which one pass asks for the next."""
