"""Audit records in words: who did what to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.audit.models import Record

NOBODY = "Nobody signed in"
PLATFORM = "The platform"

DEEDS = {
    "user.create": "created the account of {target}",
    "user.change": "changed the account of {target}{changes}",
    "user.role_change": "changed the role or track of {target}{changes}",
    "user.signed_in": "signed in",
    "user.signed_out": "signed out",
    "user.sign_in_failed": "tried to sign in as {target} and failed",
    "user.password_changed": "changed their password",
    "user.password_reset": "set a new password by a link from a mail",
    "user.mfa_added": "set up two-step sign-in",
    "user.mfa_removed": "turned off two-step sign-in",
    "user.mfa_renewed": "made new recovery codes",
    "user.mfa_reset": "reset the two-step sign-in of {target}",
    "user.sessions_ended": "signed {target} out everywhere",
    "user.export_ask": "asked for a copy of the data of {target}",
    "user.export_download": "downloaded the copy of the data of {target}",
    "user.erase_ask": "asked to erase {target} after {due_at}",
    "user.erase_take_back": "took the erasure of {target} back",
    "user.erased": "erased a person, who is {target} now",
    "user.provider_linked": "linked a sign-in by {provider}",
    "user.provider_unlinked": "unlinked the sign-ins by other sites of {target}",
    "workspace.create": "created {target}",
    "workspace.launch": "launched {target}",
    "workspace.stop": "stopped {target}",
    "workspace.restart": "restarted {target}",
    "workspace.restore": "asked to bring all files of {target} back to the snapshot of {taken_at}",
    "workspace.restore_on_server": (
        "asked to bring all files of {target} back to the snapshot of {taken_at}: {operator}, on the server"
    ),
    "workspace.keep_running": "kept {target} running for {hours} hours",
    "workspace.delete": "asked to delete {target}",
    "workspace.deleted": "deleted {target}",
    "workspace.undelete": "asked to undo the delete of {target}",
    "workspace.undeleted": "undid the delete of {target}",
    "workspace.share": "shared port {port} of {target}",
    "workspace.unshare": "ended the sharing of port {port} of {target}",
    "cohort.create": "created the cohort {target}",
    "cohort.change": "changed the cohort {target}{changes}",
    "cohort.delete": "deleted the cohort {target}",
    "cohort.join": "put {target} into the cohort {cohort}",
    "cohort.leave": "took {target} out of the cohort {cohort}",
    "cohort.join_by_link": "joined the cohort {cohort} by a link",
    "cohort.import_roster": "imported a list of people into the cohort {target}",
    "cohort.instructors_set": "said who teaches the cohort {target}{changes}",
    "cohort.join_link_create": "made a join link for the cohort {target}",
    "cohort.join_link_end": "ended a join link of the cohort {target}",
    "cohort.course_connected": "connected the cohort {target} with the course {course} of the learning platform",
    "cohort.marks_sent_again": "sent {marks} marks of the cohort {target} to the learning platform again",
    "cohort.course_disconnected": "disconnected the cohort {target} from the course {course}",
    "cohort.timetable_set": "uploaded a timetable for the cohort {target}",
    "cohort.timetable_removed": "removed the timetable of the cohort {target}",
    "cohort.timetable_followed": "let the timetable of the cohort {target} follow a calendar",
    "cohort.timetable_changed": "read a changed calendar for the cohort {target}",
    "cohort.feed_broke": "could not read the calendar of the cohort {target}",
    "cohort.feed_works_again": "could read the calendar of the cohort {target} again",
    "cohort.budget_set": "set the budget of the cohort {target} to {budget} a month, at its end: {at_end}",
    "cohort.budget_removed": "removed the budget of the cohort {target}",
    "cohort.budget_near": "told that the cohort {target} has used {used} of {budget}",
    "cohort.budget_spent": "told that the cohort {target} has used up its budget: {used} of {budget}",
    "member.size_choose": "chose a workspace size for {target}{changes}",
    "invitation.create": "invited {target}",
    "invitation.accept": "accepted an invitation",
    "invitation.revoke": "revoked the invitation of {target}",
    "invitation.send_again": "mailed the invitation of {target} again",
    "invitation.bounce": "learned that the mail to {target} came back",
    "invitation.show_link": "looked up the invitation link of {target}",
    "help.ask": "asked for help",
    "help.lower": "ended the call for help of {target}",
    "help.visit": "came into {target} to help",
    "help.visit_end": "ended the visit of {visitor} in {target}: {because}",
    "help.look": "began to look at the files of {target}",
    "help.look_end": "ended the look of {visitor} at the files of {target}: {because}",
    "message.send": "wrote to students in the cohort {target}: {reached} reached",
    "announcement.create": "announced to {whom}: {text}",
    "announcement.end": "ended the announcement to {whom}: {text}",
    "history.list": "opened the history of {target}",
    "history.read": "read {path} in the history of {target}",
    "history.versions": "looked at how {path} grew in the history of {target}",
    "history.put_back": "brought back {path} in {target} from an earlier state",
    "history.put_back_failed": "tried to bring back files in {target} and failed",
    "assignment.create": "made the assignment {target} in the cohort {cohort}",
    "assignment.change": "changed the assignment {target} in the cohort {cohort}{changes}",
    "assignment.update_files": "replaced the files of the assignment {target} in the cohort {cohort}",
    "assignment.delete": "deleted the assignment {target} in the cohort {cohort}",
    "assignment.collect": "collected the assignment {target} in the cohort {cohort}",
    "assignment.set_check": "set up the check of the assignment {target} in the cohort {cohort}",
    "assignment.remove_check": "removed the check of the assignment {target} in the cohort {cohort}",
    "assignment.run_checks": "ran the checks of the assignment {target} in the cohort {cohort} again",
    "starter.set": "set the starter of the cohort {target}",
    "starter.remove": "removed the starter of the cohort {target}",
    "shared.upload": "began to upload {name} as shared data of the cohort {target}",
    "shared.remove": "removed the shared data of the cohort {target}: the school has had none for a week",
    "shared.cancel": "canceled the upload of {name} as shared data of the cohort {target}",
    "shared.publish": "shared {name} with the cohort {target}",
    "shared.switch": "changed the version of the shared data that the cohort {target} sees",
    "submission.mark": "marked the work of {student} in the assignment {target}",
    "submission.files": "chose the files that come back with the work of {student} in the assignment {target}",
    "submission.mark_sent": "sent the mark of {student} in the assignment {target} to the learning platform",
    "submission.mark_not_sent": "could not send the mark of {student} in the assignment {target}: {problem}",
    "submission.extend": "changed the due time of {student} in the assignment {target}",
    "submission.return": "returned the work of {student} in the assignment {target}",
}
"""What follows the actor. An action that is missing here is told by its name."""

FAILED = "_failed"
TARGETS_IN_DETAILS = {"cohort": "cohort", "assignment": "title", "invitation": "email"}
"""Where a record itself says what its target is called."""


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def sentence(record: Record, names: Mapping[str, str]) -> str:
    """`names`: what people and workspaces are called now, by id."""
    actor = names.get(str(record.actor_id), record.actor) or _without_actor(record)
    failed = record.action.endswith(FAILED) and record.action not in DEEDS
    deed = DEEDS.get(record.action.removesuffix(FAILED) if failed else record.action)
    if deed is None:
        return f"{actor}: {record.action} of {_target(record, names)}"
    facts = {name: str(value) for name, value in record.details.items() if isinstance(value, str | int | float)}
    words = _Known(facts | {"target": _target(record, names), "changes": _changes(record.details.get("changes"))})
    return f"{actor} {deed.format_map(words)}{', which failed' if failed else ''}"


def _without_actor(record: Record) -> str:
    return NOBODY if record.action == "user.sign_in_failed" else PLATFORM


def _target(record: Record, names: Mapping[str, str]) -> str:
    told = record.details.get(TARGETS_IN_DETAILS.get(record.target_type, ""))
    return names.get(record.target_id) or (told if isinstance(told, str) else "") or record.target_id


def _changes(changes: Any) -> str:
    """': is_active from True to False'."""
    if not isinstance(changes, dict) or not changes:
        return ""
    parts = [
        f"{field.replace('_', ' ')} from {_value(pair[0])} to {_value(pair[1])}"
        for field, pair in changes.items()
        if isinstance(pair, list) and len(pair) == 2
    ]
    return f": {', '.join(parts)}" if parts else ""


def _value(value: Any) -> str:
    match value:
        case None | "":
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(str(it) for it in value) or "nobody"
        case _:
            return str(value)
