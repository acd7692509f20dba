"""Writes files of then into the home: a program of its own, started for each request.

    python -m agent.put_back.write <home> <request>

The request is a WriteRequest as JSON, and the answer goes to `<request>.answer`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from contract.history import WriteAnswer, WriteRequest
from contract.history_files import write
from contract.wire import BadMessage, from_json, to_json


def main(arguments: list[str]) -> int:
    home, file = Path(arguments[0]).resolve(), Path(arguments[1])  # on ECS the home is a link of ours
    try:
        request = from_json(WriteRequest, json.loads(file.read_bytes()))
    except (BadMessage, ValueError) as problem:
        answer = WriteAnswer(failure=f"The request cannot be read: {problem}")
    else:
        answer = write(home, request)
    file.with_suffix(".answer").write_text(json.dumps(to_json(answer), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
