"""Students who join a cohort by one link: one who has an account, and one who has none."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.mailbox import Mailbox
from tests.openid import OpenIDProvider
from tests.product import Account, Product
from tests.saml import SamlProvider
from tests.student import Student, VSCode
from tests.test_accessibility import Onlooker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_two_students_join_by_one_link_and_are_one_click_from_their_workspace(
    product: Product, new_page: Callable[[], Page], mailbox: Mailbox
) -> None:
    teacher = new_page()
    Student(teacher, product, product.accounts()["instructor"]).sign_in()
    eyes = Onlooker(teacher)
    teacher.get_by_role("link", name="Cohorts").click()
    teacher.get_by_role("button", name="Create a cohort").click()
    teacher.get_by_label("Name").fill("Dresden-1")
    teacher.keyboard.press("Enter")
    teacher.get_by_role("button", name="Create a join link").click()
    teacher.get_by_label("Places").fill("2")
    eyes.look("a new join link")
    teacher.get_by_role("button", name="Create", exact=True).click()
    link = teacher.get_by_role("link", name=re.compile(r"\bjoin\b"))
    url = str(link.get_attribute("href"))
    teacher.get_by_role("button", name="Show on a projector").click()
    expect(teacher.get_by_role("img", name="QR code with the link to join Dresden-1")).to_be_visible()
    eyes.look("a join link for the room")

    _join_with_an_account(product, new_page, url)
    expect(teacher.get_by_role("dialog").get_by_text("1 of 2 places taken")).to_be_visible()
    _join_without_one(product, new_page, url, mailbox)
    expect(teacher.get_by_role("dialog").get_by_text("2 of 2 places taken")).to_be_visible()
    teacher.get_by_role("button", name="Close").click()
    expect(teacher.get_by_text("newcomer@dresden.school.example")).to_be_visible()

    late = new_page()
    late.goto(url)
    expect(late.get_by_role("heading", name="All places are taken")).to_be_visible()
    Onlooker(late).look("a full join link", refused=(409,))
    teacher.get_by_role("button", name="End …").click()
    teacher.get_by_role("button", name="End join link").click()
    expect(teacher.get_by_text("2 of 2 places taken")).to_have_count(0)


def _join_with_an_account(product: Product, new_page: Callable[[], Page], url: str) -> None:
    student = new_page()
    account = product.accounts()["ben"]
    student.goto(url)
    expect(student.get_by_role("heading", name="Join Dresden-1?")).to_be_visible()
    eyes = Onlooker(student)
    eyes.look("a join link")
    student.get_by_role("link", name="Sign in to join").click()
    student.get_by_label("Email").fill(account.email)
    student.get_by_label("Password", exact=True).fill(account.password)
    student.get_by_role("button", name="Sign in").click()
    student.wait_for_url(url)
    button = student.get_by_role("button", name="Join Dresden-1")
    expect(button).to_be_visible()
    eyes.look("a join link with somebody signed in")
    button.click()
    student.wait_for_url("**/dashboard")
    expect(student.get_by_role("button", name=re.compile("Launch Workspace"))).to_be_enabled()


def _join_without_one(product: Product, new_page: Callable[[], Page], url: str, mailbox: Mailbox) -> None:
    page = new_page()
    page.goto(url)
    page.get_by_label("Your email address").fill("newcomer@dresden.school.example")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    Onlooker(page).look("a mail on its way")
    found = re.search(r"http\S+/signup\S+", mailbox.text_to("newcomer@dresden.school.example"))
    assert found is not None
    page.goto(found[0])
    page.get_by_label("Your name").fill("Nora Neumann")
    page.get_by_label("Password", exact=True).fill("four-random-words-here")
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/dashboard")
    page.goto(f"{product.url}/start")  # the class link
    VSCode(page)
    page.goto(f"{product.url}/dashboard")
    Student(page, product, Account("newcomer@dresden.school.example", "four-random-words-here")).press_stop()


def test_students_sign_in_by_the_schools_own_sign_in_new_and_with_an_old_password_account(
    product: Product, new_page: Callable[[], Page], openid: OpenIDProvider
) -> None:
    """The old account is found by its address; the new one comes by a join link, without a mail."""
    old = product.accounts()["ben"]
    openid.add("ben", email=old.email, email_verified=True, name="Ben at school")
    openid.add("greta", email="greta@dresden.school.example", email_verified=True, name="Greta Grün")
    openid.add("stranger", email="stranger@dresden.school.example", email_verified=True)
    by_password = Student(new_page(), product, old)
    by_password.sign_in()
    who = by_password.portal.request.get(f"{product.url}/api/me/").json()["id"]

    page = _at_the_provider(new_page(), f"{product.url}/signin", "ben")
    page.wait_for_url("**/dashboard")
    assert page.request.get(f"{product.url}/api/me/").json()["id"] == who

    page = _at_the_provider(new_page(), f"{product.url}/signin", "stranger")
    expect(page.get_by_text("nobody has invited it")).to_be_visible()
    Onlooker(page).look("a sign-in that is refused")

    teacher = new_page()
    Student(teacher, product, product.accounts()["instructor"]).sign_in()
    teacher.goto(f"{product.url}/cohorts")
    teacher.get_by_role("link", name="Berlin-3").click()
    teacher.get_by_role("button", name="Create a join link").click()
    teacher.get_by_role("button", name="Create", exact=True).click()
    url = str(teacher.get_by_role("link", name=re.compile(r"\bjoin\b")).get_attribute("href"))
    page = _at_the_provider(new_page(), url, "greta")
    expect(page.get_by_role("heading", name="You are in Berlin-3")).to_be_visible()
    page.get_by_role("link", name="Go to your workspace").click()
    expect(page.get_by_role("button", name=re.compile("Launch Workspace"))).to_be_enabled()


def test_students_sign_in_by_saml_new_by_invitation_and_with_an_old_password_account(
    product: Product, new_page: Callable[[], Page], saml: SamlProvider
) -> None:
    """The provider's page posts its answer from another site, without our cookies."""
    old = product.accounts()["ben"]
    saml.add("ben", email=old.email, id="person-17")
    saml.add("ida", email="ida@dresden.school.example", name="Ida Ohlsen")
    saml.add("nameless", email=old.email, format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient")
    by_password = Student(new_page(), product, old)
    by_password.sign_in()
    who = by_password.portal.request.get(f"{product.url}/api/me/").json()["id"]

    page = _at_saml(new_page(), product, "ben")
    page.wait_for_url("**/dashboard")
    assert page.request.get(f"{product.url}/api/me/").json()["id"] == who

    page = _at_saml(new_page(), product, "nameless")
    expect(page.get_by_text("did not say who you are")).to_be_visible()
    Onlooker(page).look("a sign-in by SAML that is refused")

    teacher = new_page()
    Student(teacher, product, product.accounts()["instructor"]).sign_in()
    token = next(it["value"] for it in teacher.context.cookies(product.url) if it["name"] == "apranova_csrf")
    invited = teacher.request.post(
        f"{product.url}/api/invitations/",
        data={"email": "ida@dresden.school.example", "role": "student", "track": "FSD"},
        headers={"X-CSRFToken": token, "Origin": product.url},
    )
    assert invited.status == 201, invited.text()
    page = _at_saml(new_page(), product, "ida")
    page.wait_for_url("**/dashboard")
    assert page.request.get(f"{product.url}/api/me/").json()["name"] == "Ida Ohlsen"


def _at_saml(page: Page, product: Product, login: str) -> Page:
    page.goto(f"{product.url}/signin")
    page.get_by_role("button", name="Continue with Nordlicht SAML").click()
    page.locator("input[name=login]").fill(login)
    page.get_by_role("button", name="Sign in").click()
    return page


def _at_the_provider(page: Page, address: str, login: str) -> Page:
    page.goto(address)
    page.get_by_role("button", name="Continue with Nordlicht School").click()
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.locator("button[type=submit]").click()  # what the school may learn
    return page
