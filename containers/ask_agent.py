"""The smoke test runs this inside a workspace's container: claim the task, fetch the first page.

`python3 -c <this> TOKEN TIMEOUT_S` prints a line of JSON: {"ready_s", "page", "failure"}.
Standard library only.
"""

import http.client
import json
import sys
import time
from pathlib import Path

SECRET = "a launch secret of the smoke test"  # noqa: S105
CLAIM = {
    "workspace_id": "ws-aaaaaaaaaa",
    "launch_secret": SECRET,
    "public_host": "ws-aaaaaaaaaa.ws.localhost",
    "student_name": "Smoke Test",
    "student_email": "smoke@school.example",
    "portal_url": "http://localhost",
    "home_id": "home-aaaaaaaaaaaaaaaa",
    # A valid public Ed25519 key. Nobody has the private half, so nobody is signed in.
    "identity_key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}


def main(token: str, timeout_s: float) -> dict[str, object]:
    began = time.monotonic()
    status: dict[str, object] = {}
    while status.get("phase") != "ready":
        if time.monotonic() - began > timeout_s or status.get("phase") == "failed":
            return {"failure": f"the agent did not become ready: {status}"}
        time.sleep(0.1)
        try:
            status = json.loads(ask("GET", "/_agent/status", token)[1])
        except (OSError, ValueError, http.client.HTTPException):
            continue
    ready_s = time.monotonic() - began
    Path("/mnt/slot", str(CLAIM["home_id"])).mkdir(mode=0o700)  # as the mover brings it
    code, body = ask("POST", "/_agent/claim", token, CLAIM)
    if code != 200:
        return {"failure": f"the claim was answered with {code}: {body[:300]}"}
    return {"ready_s": round(ready_s, 1), "page": ask("GET", "/", secret=SECRET)[0], "failure": ""}


def ask(method: str, target: str, token: str = "", body: object = None, secret: str = "") -> "tuple[int, str]":
    headers = {"Host": "ws-aaaaaaaaaa.ws.localhost", "Content-Type": "application/json"}
    if token:
        headers["x-apranova-agent-token"] = token
    if secret:
        headers["x-apranova-launch-secret"] = secret
    connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=120)
    try:
        connection.request(method, target, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], float(sys.argv[2]))))
