"""The service on a Debian root of its own, booted by systemd: install, restart, upgrade.

`sudo PYTHONPATH=. .venv/bin/python -m benchmarks.one_server FOLDER` (docs/guides/one-server.md).
"""
