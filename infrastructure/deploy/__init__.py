"""`./apranova deploy`: from settings to a running school in an AWS account, and from one release to the next."""
