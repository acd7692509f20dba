"""Sets the cookie of a known device: allauth's answers are made after its hooks have run."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from backend.accounts.sign_in_limits import set_device_cookie


class KnownDeviceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        set_device_cookie(request, response)
        return response
