"""Homes on EFS: which file system, what an interrupted create leaves, and how files are removed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from contract.errors import ApraNovaError, Reason
from manager.adapters.ecs.settings import HomePlace
from manager.adapters.efs.homes import EfsHomeVolumes, key_of
from manager.adapters.tests.aws_emulator import AwsEmulator, Requests, refusal
from manager.adapters.tests.ecs_under_test import EcsUnderTest, RecordingFunctions

HOME = "home-aaaaaaaaaaaaaaaa"


FULL = refusal(403, "AccessPointLimitExceeded")


@pytest.fixture
def efs(aws: AwsEmulator) -> EcsUnderTest:
    return EcsUnderTest(aws)


def access_points(efs: EcsUnderTest) -> list[Any]:
    return [
        point
        for name in efs.file_systems
        for point in efs.efs.describe_access_points(FileSystemId=name)["AccessPoints"]
    ]


def another_process(efs: EcsUnderTest, file_systems: list[str]) -> EfsHomeVolumes:
    return efs.homes_with(efs.functions, file_systems)


def make(homes: EfsHomeVolumes, home_id: str = HOME) -> None:
    """As the start of its first task does."""
    homes.create(home_id)
    new = homes.take_new(home_id)
    assert new is not None
    homes.record(home_id, new.place)


def place_of(efs: EcsUnderTest) -> HomePlace:
    place = efs.homes.find_place(HOME)
    assert place is not None
    return place


def read_place(efs: EcsUnderTest) -> HomePlace | None:
    return another_process(efs, efs.file_systems).find_place(HOME)


def test_a_home_is_an_access_point_of_the_students_own_folder_made_once(efs: EcsUnderTest) -> None:
    assert not efs.homes.exists(HOME)
    make(efs.homes)
    make(efs.homes)
    assert efs.homes.exists(HOME)
    (point,) = access_points(efs)
    assert point["RootDirectory"]["Path"] == f"/homes/{HOME}"
    assert point["RootDirectory"]["CreationInfo"] == {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0700"}
    assert point["PosixUser"] == {"Uid": 1000, "Gid": 1000}
    place = place_of(efs)
    assert (place.file_system_id, place.access_point_id) == (point["FileSystemId"], point["AccessPointId"])


def test_homes_are_spread_over_the_file_systems(efs: EcsUnderTest) -> None:
    for letter in "abcdefghijkl":
        make(efs.homes, f"home-{letter * 16}")
    assert {point["FileSystemId"] for point in access_points(efs)} == set(efs.file_systems)


def test_when_a_file_system_is_full_the_next_one_takes_the_home(efs: EcsUnderTest) -> None:
    Requests(efs.efs).refuse("CreateAccessPoint", FULL)
    make(efs.homes)
    place = place_of(efs)
    assert [point["FileSystemId"] for point in access_points(efs)] == [place.file_system_id]


def test_a_newcomer_gets_a_home_although_a_file_system_is_lost(efs: EcsUnderTest) -> None:
    lost, left = efs.file_systems
    efs.efs.delete_file_system(FileSystemId=lost)
    for letter in "abcdef":
        make(efs.homes, f"home-{letter * 16}")
    assert {point["FileSystemId"] for point in access_points(efs)} == {left}


def test_when_all_are_full_there_is_no_room_and_the_home_can_be_made_later(efs: EcsUnderTest) -> None:
    Requests(efs.efs).refuse("CreateAccessPoint", FULL, times=2)
    with pytest.raises(ApraNovaError) as refused:
        make(efs.homes)
    assert refused.value.reason is Reason.NO_CAPACITY
    assert not efs.homes.exists(HOME)
    make(efs.homes)
    assert efs.homes.exists(HOME)


def test_an_interrupted_create_continues_with_the_same_access_point(
    efs: EcsUnderTest,
) -> None:
    efs.records.refuse("UpdateItem", ConnectionClosedError(endpoint_url=efs.dynamodb.meta.endpoint_url), times=5)
    with pytest.raises(ApraNovaError):
        make(efs.homes)
    (point,) = access_points(efs)
    assert not efs.homes.exists(HOME)
    # The emulator does not answer like this, but EFS does.
    known = refusal(409, "AccessPointAlreadyExists", AccessPointId=point["AccessPointId"])
    Requests(efs.efs).refuse("CreateAccessPoint", known)
    make(efs.homes)
    assert read_place(efs) == HomePlace(point["FileSystemId"], point["AccessPointId"])


def test_the_place_that_was_recorded_first_stays_and_the_other_access_point_goes(efs: EcsUnderTest) -> None:
    make(efs.homes)
    first = read_place(efs)
    assert first is not None
    later = another_process(efs, [name for name in efs.file_systems if name != first.file_system_id])
    make(later)  # its file systems were full, or have changed since
    assert later.find_place(HOME) == read_place(efs) == first
    assert [point["AccessPointId"] for point in access_points(efs)] == [first.access_point_id]


def test_a_start_does_not_read_again_what_was_found_just_before_it(efs: EcsUnderTest) -> None:
    make(efs.homes)
    made = read_place(efs)
    with efs.records.counted() as sent:
        assert efs.homes.exists(HOME)
        assert efs.homes.find_place(HOME) == made
    assert sent == ["GetItem"]
    with efs.records.counted() as sent:
        assert efs.homes.find_place(HOME) == made
    assert sent == ["GetItem"]


def test_a_home_that_is_being_purged_is_not_made_again(efs: EcsUnderTest) -> None:
    make(efs.homes)
    efs.mark_purging(HOME)
    late = another_process(efs, efs.file_systems)
    make(late)
    assert late.find_place(HOME) is None


def test_a_lost_access_point_is_recreated_for_the_same_folder_and_creates_none(efs: EcsUnderTest) -> None:
    make(efs.homes)
    before = place_of(efs)
    assert not efs.homes.recreate_access_point(HOME)  # it exists: this was not the problem
    efs.efs.delete_access_point(AccessPointId=before.access_point_id)
    assert efs.homes.recreate_access_point(HOME)
    assert not efs.homes.recreate_access_point(HOME)
    after = place_of(efs)
    (point,) = access_points(efs)
    assert (after.file_system_id, after.access_point_id) == (before.file_system_id, point["AccessPointId"])
    assert point["RootDirectory"] == {"Path": f"/homes/{HOME}"}  # nobody finds an empty home where files are missing


def test_only_a_file_system_that_efs_no_longer_knows_is_replaced(efs: EcsUnderTest) -> None:
    make(efs.homes)
    before = place_of(efs)
    efs.efs.delete_access_point(AccessPointId=before.access_point_id)
    Requests(efs.efs).refuse("CreateAccessPoint", FULL)
    assert not efs.homes.recreate_access_point(HOME)  # full: the files are there and nowhere else
    assert place_of(efs) == before
    efs.efs.delete_file_system(FileSystemId=before.file_system_id)
    assert efs.homes.recreate_access_point(HOME)
    assert place_of(efs).file_system_id in set(efs.file_systems) - {before.file_system_id}


def test_a_home_on_a_file_system_that_is_lost_can_be_purged(efs: EcsUnderTest) -> None:
    functions = RecordingFunctions()
    make(efs.homes)
    lost = place_of(efs)
    (left,) = set(efs.file_systems) - {lost.file_system_id}
    efs.file_systems.remove(lost.file_system_id)
    homes = efs.homes_with(functions)
    efs.efs.delete_access_point(AccessPointId=lost.access_point_id)
    with pytest.raises(ApraNovaError, match="cannot be reached"):  # it may exist, and only the settings be wrong
        homes.purge(HOME)
    efs.efs.delete_file_system(FileSystemId=lost.file_system_id)
    with pytest.raises(ApraNovaError, match="being removed"):
        homes.purge(HOME)
    assert [sent["FunctionName"] for sent in functions.sent] == [f"purger-{left}"]


def test_no_access_point_is_recreated_for_an_unknown_home_or_one_being_purged(efs: EcsUnderTest) -> None:
    assert not efs.homes.recreate_access_point(HOME)
    make(efs.homes)
    efs.mark_purging(HOME)
    (point,) = access_points(efs)
    efs.efs.delete_access_point(AccessPointId=point["AccessPointId"])
    assert not efs.homes.recreate_access_point(HOME)
    assert access_points(efs) == []


def test_a_purge_closes_the_home_at_once_and_is_done_when_the_purger_has_removed_its_item(efs: EcsUnderTest) -> None:
    functions = RecordingFunctions()
    homes = efs.homes_with(functions)
    make(homes)
    place = homes.find_place(HOME)
    assert place is not None
    for _ in range(2):  # asked again until it is done
        with pytest.raises(ApraNovaError, match="being removed"):
            homes.purge(HOME)
    assert not homes.exists(HOME)
    assert access_points(efs) == []
    assert {request["FunctionName"] for request in functions.sent} == {f"purger-{place.file_system_id}"}
    assert [json.loads(request["Payload"]) for request in functions.sent] == [{"home_id": HOME}] * 2
    efs.dynamodb.delete_item(TableName=efs.table, Key=key_of(HOME))  # the purger's last step
    homes.purge(HOME)


def test_a_bad_home_id_is_refused_before_any_request(efs: EcsUnderTest) -> None:
    with pytest.raises(ValueError, match="not the id of a home"):
        efs.homes.create("../../etc")
