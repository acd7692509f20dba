"""A plugin for pytest: one line of JSON for each test, in the extension's own form.

PYTEST_DONT_REWRITE: it is imported before pytest, which warns of that. A project may make warnings errors.
"""

import json
import os


def write(**result):
    with open(os.environ["APRANOVA_TEST_REPORT"], "a") as report:
        report.write(json.dumps(result) + "\n")


def _place(config, nodeid):
    file, *names = nodeid.split("::")
    return {"file": str(config.rootpath / file), "names": names}


_config = None


def pytest_configure(config):
    global _config
    _config = config


def pytest_collectreport(report):
    if report.failed:
        write(**_place(_config, report.nodeid), outcome="failed", message=report.longreprtext)


def pytest_runtest_logreport(report):
    if report.when != "call" and report.passed:
        return
    line = None
    crash = getattr(report.longrepr, "reprcrash", None)
    if report.failed and crash is not None:
        place = _place(_config, report.nodeid)
        entries = getattr(report.longrepr, "reprtraceback", None)
        for entry in getattr(entries, "reprentries", ()):
            where = getattr(entry, "reprfileloc", None)
            if where and str(_config.invocation_params.dir / where.path) == place["file"]:
                line = where.lineno - 1
    message = crash.message if crash is not None else report.longreprtext if report.failed else None
    outcome = report.outcome
    write(**_place(_config, report.nodeid), outcome=outcome, ms=report.duration * 1000, message=message, line=line)
