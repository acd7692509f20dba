"""An application for prefork templates (agent/prefork_template.py) that runs what a test sends."""

import json
import os

LOADED_BY = 0
SECRET_OF = []


def warm():
    global LOADED_BY
    LOADED_BY = os.getpid()
    if os.path.exists("/opt/apranova/cannot-get-warm"):  # noqa: PTH110
        raise RuntimeError("the sample data is broken")


def serve(link):
    with link.makefile("rw") as stream:
        for line in stream:
            scope = {"LOADED_BY": LOADED_BY, "SECRET_OF": SECRET_OF, "link": link}
            try:
                exec(json.loads(line), scope)  # noqa: S102  the point of this application
            except BaseException as error:
                scope["value"] = f"{type(error).__name__}: {error}"
            stream.write(json.dumps(scope.get("value")) + "\n")
            stream.flush()
    os._exit(0)
