"""Runs tests with pytest where the student's Python has it, else those of unittest.

Arguments: files, or tests as pytest names them (`file::Class::test`).
"""

import importlib
import importlib.util
import os
import sys
import time
import traceback
import unittest
import unittest.util

from apranova_report import write


def main(chosen):
    if importlib.util.find_spec("pytest"):
        return importlib.import_module("pytest").main(["-p", "apranova_report", *chosen])
    wanted = {}
    for file, *names in (one.split("::") for one in chosen):
        wanted.setdefault(os.path.abspath(file), []).append(names)
    suite, files = unittest.TestSuite(), {}
    for file, of_file in wanted.items():
        for test in _tests_of(file):
            names = _names(test)
            if any(names[: len(some)] == some for some in of_file):
                suite.addTest(test)
                files[test] = file
    result = unittest.TextTestRunner(verbosity=2, resultclass=lambda *given: _Result(files, *given)).run(suite)
    print("This Python has no pytest, so only unittest's classes were run. To get it: pip install pytest")
    return not result.wasSuccessful()


def _tests_of(file):
    """As pytest imports it: below the first folder that is no package."""
    base, parts = os.path.dirname(file), [os.path.splitext(os.path.basename(file))[0]]
    while os.path.exists(os.path.join(base, "__init__.py")):
        base, name = os.path.split(base)
        parts.insert(0, name)
    sys.path.insert(0, base)
    name = ".".join(parts)
    if getattr(sys.modules.get(name), "__file__", file) != file:
        del sys.modules[name]  # a file of the same name in another folder
    try:
        module = importlib.import_module(name)
    except BaseException:  # noqa: BLE001  whatever the student's file does when it is imported, exit() too
        write(file=file, names=[], outcome="failed", message=traceback.format_exc())
        return []
    return list(_flat(unittest.defaultTestLoader.loadTestsFromModule(module)))


def _flat(tests):
    for one in tests:
        yield from _flat(one) if isinstance(one, unittest.TestSuite) else [one]


def _names(test):
    return [*type(test).__qualname__.split("."), test.id().rpartition(".")[2]]


class _Result(unittest.TextTestResult):
    def __init__(self, files, *given):
        super().__init__(*given)
        self._files = files
        self._began = time.monotonic()

    def startTest(self, test):
        self._began = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._tell(test, "passed")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._tell(test, "failed", err)

    def addError(self, test, err):
        super().addError(test, err)
        self._tell(test, "failed", err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._tell(test, "failed", err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._tell(test, "skipped")

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self._tell(test, "passed")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._tell(test, "failed")

    def _tell(self, test, outcome, err=None):
        message, line = None, None
        ms = (time.monotonic() - self._began) * 1000
        for one in [test] if test in self._files else self._set_up_by(test):
            file = self._files[one]
            if err is not None:
                message = "".join(traceback.format_exception_only(err[0], err[1])).strip()
                lines = [frame.lineno for frame in traceback.extract_tb(err[2]) if frame.filename == file]
                line = lines[-1] - 1 if lines else None
            write(file=file, names=_names(one), outcome=outcome, ms=ms, message=message, line=line)

    def _set_up_by(self, holder):
        """The tests of a class or a module whose own setUp this is, such as `setUpClass (shop.Shop)`."""
        names = {one: (unittest.util.strclass(type(one)), type(one).__module__) for one in self._files}
        return [one for one, places in names.items() if holder.id().endswith(tuple(f"({it})" for it in places))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
