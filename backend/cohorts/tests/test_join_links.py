"""Join links, by the API: who joins, who is refused in which words, and the last place."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from backend.accounts import invitation_mails, invitations
from backend.accounts.models import Invitation, User
from backend.accounts.roles import Role, Track
from backend.accounts.services import update_user
from backend.audit.models import Record
from backend.cohorts import join_requests
from backend.cohorts.models import Cohort, JoinLink, Membership
from backend.platform.rate_limit import Limit
from tests.waiting import until

PASSWORD = "quite-a-long-password-5"


@pytest.fixture
def teacher(signed_in, make_cohort):
    one = signed_in("instructor")
    one.cohort = make_cohort(one)
    return one


@pytest.fixture
def link(teacher):
    """Makes a join link of the teacher's cohort and returns the path of its API."""

    def make(*, places=30, hours=2, domains=()):
        address = f"/api/cohorts/{teacher.cohort}/join-links/"
        made = teacher.post(address, json={"hours": hours, "places": places, "domains": list(domains)})
        assert made.status_code == 204, made.text
        return path_of(teacher.get(address).json()["items"][0]["url"])

    return make


def path_of(url):
    assert url.startswith("http://localhost:8080/join/")
    return f"/api/join/{url.rpartition('/')[2]}/"


def first(teacher):
    return teacher.get(f"/api/cohorts/{teacher.cohort}/join-links/").json()["items"][0]


def ask(one, path, email):
    one.get("/api/auth/browser/v1/config")
    return one.post(f"{path}invitation/", json={"email": email})


def mails_to(mailoutbox, email, count=1):
    """The mails to the address, once there are as many: they are sent after the answer."""

    def found():
        invitation_mails.send_due()
        return [it for it in mailoutbox if it.to == [email]]

    until(lambda: len(found()) >= count, lambda: f"{len(found())} mails", within_s=10)
    return found()


def sign_up(guest, mail, email, name="New Student"):
    key = mail.body.partition("invitation=")[2].split()[0]
    values = {"email": email, "password": PASSWORD, "name": name, "invitation": key}
    return guest.post("/api/auth/browser/v1/auth/signup", json=values)


def test_a_signed_in_student_sees_which_cohort_it_is_and_joins_it(teacher, link, signed_in):
    path, one = link(), signed_in("student")
    page = one.get(path).json()
    assert (page["cohort"], page["you"]) == ("Berlin-3", {"name": one.user.name, "outcome": "join", "note": ""})
    assert not Membership.objects.exists(), "looking changes nothing"
    for _ in range(2):
        assert one.post(path).json() == {"cohort": "Berlin-3"}
    assert one.get(path).json()["you"]["outcome"] == "here"
    assert (first(teacher)["taken"], first(teacher)["state"]) == (1, "open"), "the second time takes no place"
    assert [it["name"] for it in teacher.get(f"/api/cohorts/{teacher.cohort}/").json()["members"]] == [one.user.name]
    actions = Record.objects.filter(actor=one.user.email).values_list("action", flat=True)
    assert {"cohort.join", "cohort.join_by_link"} <= set(actions)


def test_a_newcomer_proves_their_address_and_lands_in_the_cohort(teacher, link, browser, mailoutbox):
    path, guest = link(domains=["@School.example"]), browser()
    assert guest.get(path).json()["you"] is None
    elsewhere = ask(guest, path, "ada@other.example")
    assert elsewhere.status_code == 422
    assert "@school.example" in elsewhere.json()["errors"][0]["message"]

    assert ask(guest, path, "Ada@School.example").status_code == 204
    [mail] = mails_to(mailoutbox, "ada@school.example")
    assert (first(teacher)["taken"], first(teacher)["waiting"]) == (0, 1)
    [pending] = teacher.get(f"/api/cohorts/{teacher.cohort}/invitations/").json()["items"]
    assert pending["email"] == "ada@school.example"
    assert sign_up(guest, mail, "ada@school.example").status_code == 200
    assert User.objects.get(email="ada@school.example").membership.cohort.name == "Berlin-3"
    assert (first(teacher)["taken"], first(teacher)["waiting"]) == (1, 0)


def test_nobody_learns_from_a_join_link_whether_an_address_has_an_account(link, browser, person, mailoutbox):
    """Neither from the answer nor from when it comes; the mail goes to whoever owns the address."""
    path, user = link(), person("student")
    away = person("student")
    update_user(away, name="", role=Role.STUDENT, track=Track.FSD, is_active=False, acting_user=away)
    answers = [ask(browser(), path, it) for it in (user.email, away.email, "new@school.example")]
    assert {(it.status_code, it.content) for it in answers} == {(204, b"")}
    [known] = mails_to(mailoutbox, user.email)
    assert "Sign in and join Berlin-3 here:\nhttp://localhost:8080/join/" in known.body
    assert "signup" in mails_to(mailoutbox, "new@school.example")[0].body
    assert not [it for it in mailoutbox if it.to == [away.email]]
    assert Invitation.objects.count() == 1


def test_a_stranger_replaces_no_invitation_by_typing_its_address(link, signed_in, browser, mailoutbox):
    admin, path = signed_in("admin"), link()
    chief = admin.post("/api/invitations/", json={"email": "chief@school.example", "role": "instructor"}).json()["url"]
    assert ask(browser(), path, "chief@school.example").status_code == 204
    assert chief in mails_to(mailoutbox, "chief@school.example")[-1].body
    [kept] = Invitation.objects.all()
    assert (kept.role, kept.revoked_at, kept.join_link) == ("instructor", None, None)


def test_who_came_too_late_at_one_link_gets_an_invitation_of_the_next(link, browser, mailoutbox):
    full, guest = link(places=1), browser()
    ask(guest, full, "ada@school.example")
    mails_to(mailoutbox, "ada@school.example")
    JoinLink.objects.update(taken=1)
    ask(guest, link(), "ada@school.example")
    mail = mails_to(mailoutbox, "ada@school.example", 2)[-1]
    assert sign_up(guest, mail, "ada@school.example").status_code == 200


@pytest.mark.parametrize(
    ("spoil", "status", "words"),
    [
        (lambda: JoinLink.objects.update(ends_at=timezone.now()), 410, "is over. Ask your instructor for a new one."),
        (lambda: JoinLink.objects.update(ended_at=timezone.now()), 410, "is over. Ask your instructor for a new one."),
        (lambda: Cohort.objects.update(active=False), 410, "Berlin-3 is inactive, so nobody joins it by a link."),
        (lambda: JoinLink.objects.update(taken=30), 409, "All places to join Berlin-3 by this link are taken."),
        (lambda: JoinLink.objects.all().delete(), 404, "does not exist. It may be incomplete."),
    ],
)
def test_a_link_that_does_not_work_any_more_says_why_in_plain_words(link, signed_in, browser, spoil, status, words):
    path, one = link(), signed_in("student")
    spoil()
    for answer in (browser().get(path), one.post(path), ask(browser(), path, "new@school.example")):
        assert answer.status_code == status
        assert words in f"{answer.json()['detail']} {answer.json()['remedy']}"
    assert not Membership.objects.exists()
    assert not Invitation.objects.exists()


def test_a_student_who_has_joined_is_told_so_by_a_link_that_is_over(link, signed_in):
    path, one = link(), signed_in("student")
    one.post(path)
    JoinLink.objects.update(ends_at=timezone.now())
    assert one.get(path).json()["you"]["outcome"] == "here"
    assert one.post(path).status_code == 200


def test_who_cannot_join_is_told_why(teacher, link, signed_in, make_cohort):
    path = link(domains=["students.example"])
    theirs = make_cohort(signed_in("admin"), name="Paris-1")

    def refusal(one):
        note = one.get(path).json()["you"]["note"]
        assert (one.post(path).status_code, one.post(path).json()["detail"]) == (409, note)
        return note

    assert refusal(teacher) == "You are signed in as instructor; join links are for students."
    assert "for the track FSD, and you learn on the track DP" in refusal(signed_in("student", "DP"))
    assert "@students.example" in refusal(signed_in("student"))
    JoinLink.objects.update(domains=[])
    taken = signed_in("student")
    Membership.objects.create(cohort_id=theirs, student=taken.user)
    assert refusal(taken) == "You are in Paris-1. Ask an instructor of that cohort to move you."
    assert first(teacher)["taken"] == 0


def test_a_student_moves_between_cohorts_of_one_teacher_and_out_of_one_whose_term_is_over(
    teacher, link, signed_in, make_cohort
):
    path, own = link(), make_cohort(teacher, name="Berlin-2")
    over = make_cohort(signed_in("admin"), name="Paris-1")
    teacher.get("/api/me/")
    for cohort, name in ((own, "Berlin-2"), (over, "Paris-1")):
        one = signed_in("student")
        Membership.objects.create(cohort_id=cohort, student=one.user)
        if cohort == over:
            Membership.objects.get(student=one.user).cohort.__class__.objects.filter(pk=over).update(active=False)
        assert one.get(path).json()["you"] == {"name": one.user.name, "outcome": "move", "note": f"You leave {name}."}
        assert one.post(path).status_code == 200
        assert str(Membership.objects.get(student=one.user).cohort.pk) == teacher.cohort


def test_thirty_students_at_once_take_twenty_five_places_and_no_more(teacher, link, person, browser, capsys):
    path = link(places=25)
    students = []
    for _ in range(30):
        user, one = person("student"), browser()
        one.sign_in(user.email, "correct-horse-battery-9")
        students.append(one)
    began = time.perf_counter()
    with ThreadPoolExecutor(30) as crowd:
        answers = list(crowd.map(lambda one: one.post(path), students))
    took_s = time.perf_counter() - began
    assert sorted(it.status_code for it in answers) == [200] * 25 + [409] * 5
    assert {it.json()["reason"] for it in answers if it.status_code == 409} == {"join_link_full"}
    assert Membership.objects.count() == 25
    assert (first(teacher)["taken"], first(teacher)["state"]) == (25, "full")
    with capsys.disabled():
        print(f"\n30 joins at once: {took_s:.2f} s")
    assert took_s < 10


def test_one_student_who_clicks_many_times_takes_one_place(teacher, link, signed_in):
    path, one = link(places=2), signed_in("student")
    with ThreadPoolExecutor(8) as clicks:
        assert {it.status_code for it in clicks.map(lambda _: one.post(path), range(8))} == {200}
    assert first(teacher)["taken"] == 1


def test_two_newcomers_and_one_place_make_one_account(teacher, link, browser, mailoutbox):
    path = link(places=1)
    guests = {f"{name}@school.example": browser() for name in ("ada", "ben")}
    for email, guest in guests.items():
        assert ask(guest, path, email).status_code == 204
    mails = {email: mails_to(mailoutbox, email)[0] for email in guests}
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda email: sign_up(guests[email], mails[email], email), guests))
    assert sorted(it.status_code for it in answers) == [200, 400]
    refused = next(it for it in answers if it.status_code == 400)
    assert "All places to join Berlin-3 were taken" in refused.text
    assert User.objects.filter(role="student").count() == Membership.objects.count() == first(teacher)["taken"] == 1


def test_the_end_of_a_link_ends_what_was_asked_for_at_it(teacher, link, browser, mailoutbox, signed_in):
    path, guest = link(), browser()
    ask(guest, path, "ada@school.example")
    [mail] = mails_to(mailoutbox, "ada@school.example")
    address = f"/api/cohorts/{teacher.cohort}/join-links/{first(teacher)['id']}/"
    assert signed_in("instructor").delete(address).status_code == 404, "a colleague's"
    assert signed_in("student").delete(address).status_code == 403
    assert teacher.delete(address).status_code == 204
    assert teacher.delete(address).status_code == 404
    assert sign_up(guest, mail, "ada@school.example").status_code == 400
    assert teacher.get(f"/api/cohorts/{teacher.cohort}/join-links/").json()["items"] == []
    actions = set(Record.objects.filter(actor=teacher.user.email).values_list("action", flat=True))
    assert {"cohort.join_link_create", "cohort.join_link_end", "invitation.revoke"} <= actions


def test_a_teacher_may_end_a_link_while_somebody_signs_up_by_it(teacher, link, browser, mailoutbox, person):
    """Both lock the invitation and the link; in opposite orders, the database ended one of them."""
    ask(browser(), link(), "ada@school.example")
    mails_to(mailoutbox, "ada@school.example")
    waiting, ada = Invitation.objects.get(), person("student")
    address = f"/api/cohorts/{teacher.cohort}/join-links/{first(teacher)['id']}/"
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            assert invitations.lock_open(waiting)
            ended = other.submit(teacher.delete, address)
            time.sleep(0.5)
            invitations.accept(waiting, ada)
        assert ended.result().status_code == 204
    assert Invitation.objects.get().revoked_at is None
    assert Membership.objects.get().student == ada


def test_a_cohort_has_a_few_links_that_its_teachers_alone_see(teacher, link, signed_in):
    address = f"/api/cohorts/{teacher.cohort}/join-links/"
    for _ in range(5):
        link()
    assert teacher.post(address, json={"hours": 1, "places": 1}).json()["reason"] == "too_many_join_links"
    assert len(signed_in("admin").get(address).json()["items"]) == 5
    assert signed_in("instructor").get(address).status_code == 404
    assert signed_in("student").post(address, json={"hours": 1, "places": 1}).status_code == 403
    JoinLink.objects.update(ends_at=timezone.now() - timedelta(days=8))
    assert teacher.get(address).json()["items"] == []


def test_mails_are_limited_by_address_by_link_and_by_network(link, browser, mailoutbox, monkeypatch):
    path, guest = link(places=2), browser()
    codes = [ask(guest, path, "ada@school.example").status_code for _ in range(4)]
    assert codes == [204, 204, 204, 429]
    assert [ask(guest, path, f"ben{n}@school.example").status_code for n in range(4)] == [204, 204, 204, 429]
    monkeypatch.setattr(join_requests, "NETWORK", Limit(1, 600))
    assert ask(browser(), link(), "eve@school.example").status_code == 429
    assert ask(browser(address="198.51.100.9"), link(), "eve@school.example").status_code == 204


def test_a_school_without_mail_says_so_to_teacher_and_visitor(teacher, link, browser, settings):
    path = link()
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert teacher.get(f"/api/cohorts/{teacher.cohort}/join-links/").json()["sends_mail"] is False
    assert browser().get(path).json()["sends_mail"] is False
    refused = ask(browser(), path, "ada@school.example")
    assert (refused.status_code, refused.json()["reason"]) == (409, "no_mail")


def test_a_page_elsewhere_cannot_ask_for_mails_in_a_visitors_name(link, browser):
    path, guest = link(), browser()
    guest.get("/api/auth/browser/v1/config")
    refused = guest.post(f"{path}invitation/", json={"email": "a@b.example"}, headers={"X-CSRFToken": "wrong"})
    assert (refused.status_code, refused.json()["reason"]) == (403, "csrf_failed")


def test_a_database_alone_opens_no_join_link(link):
    path = link()
    [row] = JoinLink.objects.all()
    assert path.strip("/").rpartition("/")[2] not in {str(row.pk), row.key_digest}


@pytest.mark.parametrize("values", [{"hours": 0}, {"places": 0}, {"hours": 24 * 91}, {"domains": ["no domain"]}])
def test_a_link_without_sense_is_refused_at_its_field(teacher, values):
    answer = teacher.post(
        f"/api/cohorts/{teacher.cohort}/join-links/", json={"hours": 1, "places": 1, "domains": [], **values}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(f"body.{next(iter(values))}")
