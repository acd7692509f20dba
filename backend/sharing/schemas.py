"""What the API says about shared ports, and what it accepts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

from backend.sharing.models import Audience
from backend.sharing.services import HOURS_DEFAULT, HOURS_MAX


class ShareIn(Schema):
    audience: Audience
    hours: Annotated[float, Field(gt=0, le=HOURS_MAX, allow_inf_nan=False)] = HOURS_DEFAULT
    """From now."""


class ShareOut(Schema):
    port: int
    audience: Audience
    ends_at: datetime
    url: str
    """For those with whom it is shared."""


class ShareListOut(Schema):
    shares: list[ShareOut]
    audiences: list[Audience]
    """With whom a port may be shared: without a cohort or by the school's choice, not all."""
