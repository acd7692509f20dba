"""A class that signs up at once: what the hashes needed is free again afterwards."""

import subprocess
import sys

SIGN_UPS = """
import threading
from concurrent.futures import ThreadPoolExecutor
from backend.accounts.passwords import PasswordHasher

def resident_mb():
    (line,) = (line for line in open("/proc/self/status") if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024

def sign_up(_):
    for _ in range(2):
        together.wait()
        PasswordHasher().encode("a long password", "a salt of some length")

STUDENTS = 12
together = threading.Barrier(STUDENTS)
with ThreadPoolExecutor(STUDENTS) as everybody:
    before = resident_mb()
    list(everybody.map(sign_up, range(STUDENTS)))
    print(resident_mb() - before)
"""


def test_hashes_of_many_threads_leave_no_memory_behind() -> None:
    grown = subprocess.run([sys.executable, "-c", SIGN_UPS], check=True, capture_output=True, text=True, timeout=60)
    assert float(grown.stdout) < 60, "MB; one thread's hash takes 19, and twelve kept 228"
