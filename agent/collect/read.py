"""Copies a folder of the home: a program of its own, which the agent starts for each copy.

    python -m agent.collect.read <home> <request>

The request is a CollectRequest as JSON, and the answer goes to `<request>.answer`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from contract.collect import CollectAnswer, CollectRequest, CollectState
from contract.collected_files import collect
from contract.wire import BadMessage, from_json, to_json


def main(arguments: list[str]) -> int:
    home, file = Path(arguments[0]).resolve(), Path(arguments[1])  # on ECS the home is a link of ours
    try:
        request = from_json(CollectRequest, json.loads(file.read_bytes()))
    except (BadMessage, ValueError) as problem:
        answer = CollectAnswer(CollectState.FAILED, failure=f"The request cannot be read: {problem}")
    else:
        answer = collect(home, request.folder)
    file.with_suffix(".answer").write_text(json.dumps(to_json(answer), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
