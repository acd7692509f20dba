"""Tasks as containers of Docker or Podman, through the Docker SDK."""
