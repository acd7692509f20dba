"""The API of the console for a person's data: a copy of it, and its erasure."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router

from backend.console import people
from backend.console.pages import admin_of
from backend.console.people_api import now_of
from backend.console.schemas import EraseIn, PersonOut
from backend.personal_data import erasures, exports
from backend.personal_data.api import to_save
from backend.personal_data.schemas import PersonalDataOut

router = Router(tags=["console"])


@router.get("{person_id}/export/", response=PersonalDataOut, operation_id="get_export", summary="A person's copy")
def get_export(request: HttpRequest, person_id: UUID) -> dict[str, Any]:
    user = admin_of(request)
    return {"export": exports.find(people.get_person(person_id, acting_user=user))}


@router.post(
    "{person_id}/export/", response=PersonalDataOut, operation_id="ask_for_export", summary="Ask for a person's data"
)
def ask_for_export(request: HttpRequest, person_id: UUID) -> dict[str, Any]:
    """It is made in the background. 403 `reauthentication_required` until the admin has proved who
    they are; 409 within an hour of the last one."""
    user = admin_of(request)
    person = people.get_person(person_id, acting_user=user)
    people.refuse_without_proof(request)
    return {"export": exports.ask(person, acting_user=user)}


@router.get("{person_id}/export/{export_id}/file/", operation_id="download_export", summary="A person's data as a zip")
def download_export(request: HttpRequest, person_id: UUID, export_id: UUID) -> StreamingHttpResponse:
    user = admin_of(request)
    person = people.get_person(person_id, acting_user=user)
    return to_save(exports.get_ready(person, export_id, acting_user=user))


@router.post("{person_id}/erase/", response=PersonOut, operation_id="erase_person", summary="Erase a person")
def erase_person(request: HttpRequest, person_id: UUID, payload: EraseIn) -> dict[str, Any]:
    """The account is deactivated now; everything of the person is removed after the grace. 403
    `reauthentication_required` until the admin has proved who they are; 422 when the name
    differs."""
    user = admin_of(request)
    person = people.get_person(person_id, acting_user=user)
    people.refuse_without_proof(request)
    erasures.ask(person, payload.name, acting_user=user)
    return now_of(person)


@router.delete("{person_id}/erase/", response=PersonOut, operation_id="keep_person", summary="Take an erasure back")
def keep_person(request: HttpRequest, person_id: UUID) -> dict[str, Any]:
    """The account is as it was before. 409 after the grace."""
    user = admin_of(request)
    person = people.get_person(person_id, acting_user=user)
    erasures.take_back(person, acting_user=user)
    return now_of(person)
