"""`./apranova deploy`: from settings to a running school on AWS, and from release to release."""
