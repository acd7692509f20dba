"""Lists a folder of the home, or reads a piece of a file: a program of its own, for each request.

    python -m agent.look.read <home> <request>

The request is a LookRequest as JSON, and the answer goes to `<request>.answer`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from contract import files_now
from contract.history import HistoryGone, HistoryUnreadable, LookAnswer, LookRequest
from contract.wire import BadMessage, from_json, to_json


def main(arguments: list[str]) -> int:
    home, file = Path(arguments[0]).resolve(), Path(arguments[1])  # on ECS the home is a link of ours
    try:
        answer = _read(home, from_json(LookRequest, json.loads(file.read_bytes())))
    except HistoryGone as error:
        answer = LookAnswer(gone=error.message)
    except HistoryUnreadable as error:
        answer = LookAnswer(failure=error.message)
    except (BadMessage, ValueError) as problem:
        answer = LookAnswer(failure=f"The request cannot be read: {problem}")
    file.with_suffix(".answer").write_text(json.dumps(to_json(answer), ensure_ascii=False))
    return 0


def _read(home: Path, request: LookRequest) -> LookAnswer:
    if request.offset is None:
        return LookAnswer(folder=files_now.read_folder(home, request.key))
    return LookAnswer(piece=files_now.read_piece(home, request.key, request.offset))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
