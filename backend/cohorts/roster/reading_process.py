"""The process that reads one list from a file: a request on stdin, an answer on stdout."""

from __future__ import annotations

import base64
import json
import sys

from backend.cohorts.process_limits import limit_this_process
from backend.cohorts.roster.table import BadRoster, read_rows


def main() -> None:
    limit_this_process()
    asked = json.load(sys.stdin)
    try:
        answer = {"rows": [(row.number, row.cells) for row in read_rows(base64.b64decode(asked["file"]))]}
    except BadRoster as problem:
        answer = {"problem": str(problem)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
