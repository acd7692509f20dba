"""Addresses of the inner door, below /api/door/."""

from __future__ import annotations

from django.urls import path, re_path

from backend.gateway import door

app_name = "backend_door"
urlpatterns = [
    path("", door.own_workspace, name="own_workspace"),
    re_path(r"^(?P<workspace_id>[^/]{1,64})/?$", door.inner_door, name="inner_door"),
    re_path(r"^(?P<workspace_id>[^/]{1,64})/port/(?P<port>[0-9]{4,5})/$", door.preview, name="preview"),
]
