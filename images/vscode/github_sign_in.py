"""`github-sign-in get`: a credential helper for Git. It shows a code, its person types the code at
GitHub, and GitHub gives a token (OAuth's device flow). Nobody has to make a token by hand.

Git asks it where a school has registered an application, when the home remembers no token yet. It
needs a terminal to show the code; without one it says nothing, and Git asks in its own way. Copied
to /opt/tools/bin as it is, so it imports nothing of ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO
from urllib.parse import urlencode, urlsplit

CLIENT_ID, ADDRESS = "APRANOVA_GITHUB_CLIENT_ID", "APRANOVA_GITHUB_URL"
_SCOPES = "repo workflow"  # without the second a push that changes .github/workflows is refused
_ANSWER_BYTES_MAX = 64 * 1024
_CALL_WITHIN_S = 30.0
_CODE_WITHIN_S = 900


def of_school(variables: Mapping[str, str]) -> dict[str, str]:
    """What the image tells its workspaces: nothing where the school registered no application."""
    if not (client_id := variables.get(CLIENT_ID, "").strip()):
        return {}
    return {CLIENT_ID: client_id, ADDRESS: variables.get(ADDRESS, "").strip().rstrip("/") or "https://github.com"}


def for_git(variables: Mapping[str, str], program: str) -> dict[str, str]:
    """What Git finds in the environment: a helper to ask after those of the student's settings."""
    if CLIENT_ID not in variables:
        return {}
    github = variables[ADDRESS]
    return {
        **{name: variables[name] for name in (CLIENT_ID, ADDRESS)},
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"credential.{github}.helper",
        "GIT_CONFIG_VALUE_0": program,
    }


class Refused(Exception):
    """GitHub's answer, for the person at the terminal."""


def ask(address: str, **values: str) -> dict[str, Any]:
    """Raises Refused."""
    # Here, because every task's agent imports this module: they cost its start 12 ms and 5 MB.
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    request = Request(address, urlencode(values).encode(), {"Accept": "application/json"})  # noqa: S310  the school's
    try:
        with urlopen(request, timeout=_CALL_WITHIN_S) as answer:  # noqa: S310
            text = answer.read(_ANSWER_BYTES_MAX)
    except HTTPError as problem:
        text = problem.read(_ANSWER_BYTES_MAX)
    except OSError as problem:
        raise Refused(f"{urlsplit(address).hostname} cannot be reached: {problem}") from problem
    try:
        read = json.loads(text)
    except ValueError as problem:
        raise Refused("it did not answer as GitHub does") from problem
    if not isinstance(read, dict):
        raise Refused("it did not answer as GitHub does")
    return read


def sign_in(github: str, client_id: str, terminal: TextIO) -> str:
    """The token. Raises Refused."""
    begun = ask(f"{github}/login/device/code", client_id=client_id, scope=_SCOPES)
    code = begun.get("device_code")
    if not code:
        raise Refused(_reason(begun))
    where, shown = _plain(begun.get("verification_uri")), _plain(begun.get("user_code"))
    terminal.write(f"Git needs you to sign in. Open {where} and enter the code {shown}\n")
    terminal.flush()
    pause_s = float(begun.get("interval", 5))
    ends_at = time.monotonic() + min(float(begun.get("expires_in", _CODE_WITHIN_S)), _CODE_WITHIN_S)
    while time.monotonic() < ends_at:
        time.sleep(pause_s)
        answer = ask(
            f"{github}/login/oauth/access_token",
            client_id=client_id,
            device_code=str(code),
            grant_type="urn:ietf:params:oauth:grant-type:device_code",
        )
        if token := _plain(answer.get("access_token")):
            return token
        if answer.get("error") == "slow_down":
            pause_s = max(float(answer.get("interval", 0)), pause_s + 5)
        elif answer.get("error") != "authorization_pending":
            raise Refused(_reason(answer))
    raise Refused("the code is too old; run the command again")


def _reason(answer: Mapping[str, Any]) -> str:
    return _plain(answer.get("error_description") or answer.get("error")) or "it did not answer as GitHub does"


def _plain(value: object) -> str:
    """Nothing that a terminal would obey, and one line for Git."""
    return "".join(letter for letter in str(value or "") if letter.isprintable())


def is_for(asked: Mapping[str, str], github: str) -> bool:
    address = urlsplit(github)
    return (asked.get("protocol"), asked.get("host")) == (address.scheme, address.netloc)


def main() -> int:
    asked = {name: value for name, _, value in (line.rstrip("\n").partition("=") for line in sys.stdin)}
    github, client_id = os.environ.get(ADDRESS, ""), os.environ.get(CLIENT_ID, "")
    if sys.argv[1:] != ["get"] or not client_id or not is_for(asked, github):
        return 0
    with contextlib.suppress(OSError), open("/dev/tty", "w") as terminal:  # noqa: PTH123
        try:
            print(f"username=x-access-token\npassword={sign_in(github, client_id, terminal)}")
        except (Refused, KeyboardInterrupt) as problem:
            terminal.write(f"You are not signed in: {problem}\n")
            print("quit=1")  # Git would ask for a password, which GitHub does not take
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
