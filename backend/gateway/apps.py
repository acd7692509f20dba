"""Django's handle on the gateway: it listens for what ends a person's access."""

from __future__ import annotations

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "backend.gateway"
    label = "gateway"

    def ready(self) -> None:
        from backend.gateway import revocation

        revocation.listen()
