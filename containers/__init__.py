"""`./apranova images`: builds the product's container images, checks, lists and pushes them."""
