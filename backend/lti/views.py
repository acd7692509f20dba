"""Addresses that the platform and the browsers that it sends ask for. Below /api/auth/lti/.

    platform ─► login ─► platform's own page ─► launch ─► open ─► the portal
               cookie      who is it?        signed message  cookie again

A browser sends no cookie of ours with the post from another site, so the message is checked and
kept there, and the request that follows, `open`, sees whether the same browser began, as with SAML.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from allauth.account.internal.decorators import login_not_required
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backend.accounts.sign_in_limits import NETWORK, network_of
from backend.lti import arrivals, content, pages
from backend.lti.beginning import (
    STATE_LASTS_S,
    NotBegun,
    begin,
    forget_cookie,
    is_of_browser,
    new_browser,
    read_beginning,
    set_cookie,
)
from backend.lti.launch import CLOCKS_DIFFER_S, Launch, Refused, read_launch
from backend.lti.signing_keys import public_keys
from backend.platform.rate_limit import take
from backend.platform.request_context import current_request
from contract.sign_in import Lti

logger = logging.getLogger(__name__)
LAUNCH_WAITS_S = 120
"""How long a message is kept for the request that follows it."""
HINTS = ("iss", "login_hint", "lti_message_hint", "target_link_uri", "client_id", "lti_deployment_id")
HINT_LENGTH_MAX = 8_000
_FRAMES = ("iframe", "frame", "embed", "object", "fencedframe")


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Where the platform begins (third-party initiated login)."""
    platform = _platform()
    given = request.POST if request.method == "POST" else request.GET
    hints = {name: given[name] for name in HINTS if name in given}
    problem = _wrong(hints, platform)
    if problem:
        return _refuse(Refused("unknown", problem), platform)
    chooses = hints["target_link_uri"] == address("lti_content")
    if request.headers.get("sec-fetch-dest") in _FRAMES and not chooses:
        return pages.open_in_new_tab(address("lti_login"), hints, platform)
    value, browser = new_browser()
    begun = begin(hints["target_link_uri"], browser=browser)
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": address("lti_launch"),
        "login_hint": hints["login_hint"],
        "state": begun.state,
        "nonce": begun.nonce,
        **({"lti_message_hint": hints["lti_message_hint"]} if "lti_message_hint" in hints else {}),
    }
    more = "&" if urlsplit(platform.login_url).query else "?"
    response = HttpResponseRedirect(f"{platform.login_url}{more}{urlencode(query)}")
    set_cookie(response, value)
    return response


@csrf_exempt
@login_not_required
@require_POST
def launch(request: HttpRequest) -> HttpResponse:
    """Where the platform's page posts its message to."""
    platform = _platform()
    if not take(f"sign_in:lti:{network_of(current_request().ip or '')}", NETWORK):
        return _refuse(Refused("too_many", "too many launches from one network"), platform)
    if "error" in request.POST:
        return _refuse(Refused("lti_platform", f"the platform says {request.POST['error']!r:.100}"), platform)
    try:
        begun = read_beginning(request.POST.get("state", ""))
        message = read_launch(request.POST.get("id_token", ""), platform, nonce=begun.nonce, target=begun.target)
    except NotBegun as problem:
        return _refuse(Refused("launch_over", str(problem)), platform)
    except Refused as problem:
        return _refuse(problem, platform)
    if not cache.add(f"lti:used:{begun.nonce}", "yes", timeout=STATE_LASTS_S + CLOCKS_DIFFER_S):
        return _refuse(Refused("launch_over", "the message was used before"), platform)
    if message.deep_linking:
        return _choose(message, platform)
    code = secrets.token_urlsafe(32)
    kept = {"browser": begun.browser, "launch": message.as_json()}
    cache.set(_kept_at(code), kept, timeout=LAUNCH_WAITS_S)
    return HttpResponseRedirect(f"{address('lti_open')}?{urlencode({'code': code})}")


def _choose(message: Launch, platform: Lti) -> HttpResponse:
    try:
        return content.choose(message, platform, address=address("lti_content"))
    except Refused as problem:
        return _refuse(problem, platform)


@csrf_exempt  # a frame has no cookie; the ticket is signed
@login_not_required
@require_POST
def choose_content(request: HttpRequest) -> HttpResponse:
    """Where the page with the choice posts to."""
    platform = _platform()
    try:
        return content.answer(request, platform, launch_url=address("lti_launch"))
    except Refused as problem:
        return _refuse(problem, platform)


@login_not_required
@require_GET
def open_launch(request: HttpRequest) -> HttpResponse:
    """Sign the person in who began in this browser."""
    platform = _platform()
    where = _kept_at(request.GET.get("code", ""))
    kept = cache.get(where)
    if kept is None or not cache.delete(where):
        return _refuse(Refused("launch_over", "the message waits no longer"), platform)
    if not is_of_browser(request, kept["browser"]):
        return _refuse(Refused("lti_browser", "another browser began this launch"), platform)
    response = arrivals.arrive(request, Launch.of_json(kept["launch"]), platform)
    forget_cookie(response, kept["browser"])
    return response


@login_not_required
@require_GET
def keys(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's signature
    """Our public keys (JWKS)."""
    _platform()
    response = JsonResponse({"keys": public_keys()})
    response.headers["Cache-Control"] = "public, max-age=600"
    return response


def address(name: str) -> str:
    """As it is registered at the platform, whatever name a proxy in front asks for."""
    return settings.ENVIRONMENT.public_url + reverse(name)


WORDS = {
    "launch_over": "This launch is over or was used before. Open ApraNova from your course again.",
    "lti_browser": "This launch began in another browser or tab, or your browser blocks cookies. Allow cookies for this "
    "site, then open ApraNova from your course again.",
    "lti_deployment": "This course belongs to a part of the learning platform that your school has not registered here. "
    "Tell your school: the log names its deployment ID.",
    "lti_nobody": "The learning platform did not say who you are. Sign in there, then open ApraNova from your course.",
    "lti_keys": "ApraNova cannot check the signature of the learning platform right now. Try again in a moment. If it "
    "fails again, tell your school.",
    "lti_platform": "The learning platform did not let you through. Sign in there, then open ApraNova from your course.",
    "lti_not_instructor": "Only an instructor of the course chooses what it links to.",
    "lti_choice_gone": "What you chose is not there any more. Close this page and add the link again.",
    "too_many": "Too many tries from your network. Wait a minute, then open ApraNova from your course again.",
}
NO_WORDS = (
    "ApraNova could not be opened from there. Open it from your course again. If it fails again, tell your school."
)


def _platform() -> Lti:
    """Raises Http404."""
    platform = settings.ENVIRONMENT.sign_in.lti
    if platform is None:
        raise Http404
    return platform


def _wrong(hints: dict[str, str], platform: Lti) -> str:
    """Why this is no launch of the school's platform; empty: it is one."""
    if any(len(it) > HINT_LENGTH_MAX for it in hints.values()):
        return "a launch begins with too long values"
    if hints.get("iss") != platform.issuer:
        return f"a launch begins at {hints.get('iss')!r:.100}, and lti.issuer is {platform.issuer}"
    if hints.get("client_id", platform.client_id) != platform.client_id:
        return f"a launch begins for client {hints['client_id']!r:.100}, and lti.client_id is {platform.client_id}"
    if hints.get("lti_deployment_id", platform.deployment_ids[0]) not in platform.deployment_ids:
        return f"a launch begins for deployment {hints['lti_deployment_id']!r:.100}, which lti.deployment_ids lacks"
    if not hints.get("login_hint"):
        return "a launch begins without a login_hint"
    if not _is_ours(hints.get("target_link_uri", "")):
        return f"a launch leads to {hints.get('target_link_uri')!r:.200}, which is not ours"
    return ""


def _is_ours(target: str) -> bool:
    try:
        there, here = urlsplit(target), urlsplit(settings.ENVIRONMENT.public_url)
    except ValueError:
        return False
    return (there.scheme, there.netloc) == (here.scheme, here.netloc)


def _refuse(problem: Refused, platform: Lti) -> HttpResponse:
    """The person reads what to do; the operator reads why."""
    logger.warning("a launch from %s did not work: %.300s", platform.name, problem)
    words = WORDS.get(problem.code, NO_WORDS)
    status = HTTPStatus.TOO_MANY_REQUESTS if problem.code == "too_many" else HTTPStatus.BAD_REQUEST
    return pages.sentences("ApraNova did not open", (words,), platform, status=status)


def _kept_at(code: str) -> str:
    return f"lti:launch:{hashlib.sha256(code.encode()).hexdigest()}"
