"""What the operator meets: a second `up`, a taken port, `status`, `down`, `reset`."""

import signal
import socket
import time

import pytest

from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_the_life_of_an_installation() -> None:
    product = Product()
    try:
        assert "not running" in product.run("status").stdout
        product.start()
        text = "".join(product.output)
        assert product.url in text
        assert len(product.accounts()) == 7
        assert all(account.password in text for account in product.accounts().values())
        mode = (product.home / "h" / "demo-accounts.txt").stat().st_mode
        assert mode & 0o077 == 0

        status = product.run("status")
        assert status.returncode == 0
        assert product.url in status.stdout
        assert "memory" in status.stdout
        second = product.run("up")
        assert second.returncode == 1
        assert "runs already" in second.stderr
        refused = product.run("reset", "--yes")
        assert refused.returncode == 1
        assert "running" in refused.stderr

        down = product.run("down")
        assert down.returncode == 0
        assert product.process is not None
        assert product.process.wait(5) == 0
        assert not list((product.home / "r").glob("tasks/*/http.sock"))

        began = time.monotonic()
        product.start()
        print(f"second start: {time.monotonic() - began:.1f} s")
        assert product.stop(with_signal=signal.SIGTERM) == 0

        nobody = product.run("reset")
        assert nobody.returncode == 1
        assert "--yes" in nobody.stderr
        assert (product.home / "h" / "data").exists()
        assert product.run("reset", "--yes").returncode == 0
        assert not (product.home / "h" / "data").exists()
    finally:
        product.remove()


def test_a_taken_port_is_a_message_with_a_remedy() -> None:
    product = Product()
    try:
        with socket.socket() as other:
            other.bind(("127.0.0.1", product.port))
            other.listen()
            answer = product.run("up")
        assert answer.returncode == 1
        assert f"port {product.port}" in answer.stderr
        assert "--port" in answer.stderr
        assert "Traceback" not in answer.stderr + answer.stdout
    finally:
        product.remove()
