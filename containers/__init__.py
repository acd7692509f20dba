"""The product's container images: which there are, how they are built, tried, listed and pushed (`./apranova images`)."""
