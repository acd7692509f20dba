"""The API of the console's health and capacity: to read; both are polled."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from backend.console import capacity, health
from backend.console.pages import admin_of
from backend.console.schemas import CapacityOut, ConsoleHealthOut

health_router = Router(tags=["console"])
capacity_router = Router(tags=["console"])


@health_router.get("", response=ConsoleHealthOut, operation_id="console_health", summary="How the platform does")
def console_health(request: HttpRequest) -> ConsoleHealthOut:
    """For admins. What the doctor found, and what the backend sees; broken parts first."""
    admin_of(request)
    return health.console_health()


@capacity_router.get("", response=CapacityOut, operation_id="console_capacity", summary="How much runs, and fits")
def console_capacity(request: HttpRequest) -> CapacityOut:
    """For admins. The machine, the pool, sessions, and what the next classes will need."""
    admin_of(request)
    return capacity.current()
