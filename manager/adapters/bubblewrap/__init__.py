"""Tasks as bubblewrap sandboxes: no root, no image, Linux only."""
