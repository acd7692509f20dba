"""The API of shared ports: parse, authorize, call one service, serialize."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Status
from ninja.params.functions import Path

from backend.accounts.authentication import acting_user
from backend.sharing import services
from backend.sharing.models import Share
from backend.sharing.schemas import ShareIn, ShareListOut, ShareOut
from backend.workspaces.api import WorkspaceId
from backend.workspaces.services import get_workspace
from contract.names import PREVIEW_PORTS, preview_label

router = Router(tags=["sharing"])

Port = Annotated[int, Path(ge=PREVIEW_PORTS.start, lt=PREVIEW_PORTS.stop)]


@router.get("{workspace_id}/shares/", response=ShareListOut, operation_id="list_shares", summary="Shared ports")
def list_shares(request: HttpRequest, workspace_id: WorkspaceId) -> dict[str, Any]:
    workspace = get_workspace(acting_user(request), workspace_id)
    shares = [_out(share) for share in services.list_shares(workspace)]
    return {"shares": shares, "audiences": services.audiences_for(workspace.owner)}


@router.put("{workspace_id}/shares/{port}/", response=ShareOut, operation_id="share_port", summary="Share a port")
def share_port(request: HttpRequest, workspace_id: WorkspaceId, port: Port, payload: ShareIn) -> ShareOut:
    """Lets others see what the program on this port serves, until an end. Replaces another."""
    user = acting_user(request)
    workspace = get_workspace(user, workspace_id)
    share = services.share_port(workspace, port, payload.audience, hours=payload.hours, acting_user=user)
    return _out(share)


@router.delete("{workspace_id}/shares/{port}/", response={204: None}, operation_id="end_share", summary="End sharing")
def end_share(request: HttpRequest, workspace_id: WorkspaceId, port: Port) -> Status:
    """At once, also for those who have it open."""
    user = acting_user(request)
    services.end_share(get_workspace(user, workspace_id), port, acting_user=user)
    return Status(int(HTTPStatus.NO_CONTENT), None)


def _out(share: Share) -> ShareOut:
    environment = settings.ENVIRONMENT
    scheme = environment.public_url.partition(":")[0]
    label = preview_label(share.workspace.pk, share.port)
    url = f"{scheme}://{label}.{environment.workspaces_domain}/"
    return ShareOut.model_validate(
        {"port": share.port, "audience": share.audience, "ends_at": share.ends_at, "url": url}
    )
