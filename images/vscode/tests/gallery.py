"""A small Open VSX: answers VS Code's search, and has one extension to download."""

from __future__ import annotations

import json
import ssl
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.certificates import make_certificate

PUBLISHER, NAME, VERSION = "school", "greeter", "1.0.0"
MANIFEST = {
    "name": NAME,
    "publisher": PUBLISHER,
    "displayName": "Greeter",
    "version": VERSION,
    "engines": {"vscode": "^1.100.0"},
    "main": "./main.js",
    "activationEvents": [],
    "contributes": {"commands": [{"command": "school.greet", "title": "Greet the School"}]},
}
MAIN = """\
const vscode = require("vscode");
exports.activate = (context) => context.subscriptions.push(
  vscode.commands.registerCommand("school.greet", () => vscode.window.showInformationMessage("Hello, school")),
);
"""


def make_vsix(file: Path) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "extension.vsixmanifest",
            '<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011"><Metadata>'
            f'<Identity Id="{NAME}" Version="{VERSION}" Publisher="{PUBLISHER}"/></Metadata></PackageManifest>',
        )
        archive.writestr("extension/package.json", json.dumps(MANIFEST))
        archive.writestr("extension/main.js", MAIN)
    return file


class Gallery:
    """As Open VSX, it speaks TLS, as VS Code's page asks no other, and answers foreign pages."""

    def __init__(self, folder: Path) -> None:
        certificate, key = make_certificate(folder, ["localhost"])
        self.authority = certificate
        self.asked: list[str] = []
        self._vsix = make_vsix(folder / "greeter.vsix").read_bytes()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> tuple[str, bytes]:
        path = path.partition("?")[0]
        self.asked.append(path)
        if path.endswith("VSIXPackage"):
            return "application/octet-stream", self._vsix
        if path.endswith("Code.Manifest"):
            return "application/json", json.dumps(MANIFEST).encode()
        return "application/json", json.dumps(self._found() if "gallery" in path else {}).encode()

    def _found(self) -> dict[str, Any]:
        assets = f"{self.url}/asset"
        # VS Code offers only what is signed; code-server itself does not check the signature.
        kinds = tuple(
            f"Microsoft.VisualStudio.{kind}"
            for kind in ("Services.VSIXPackage", "Code.Manifest", "Services.VsixSignature")
        )
        version = {
            "version": VERSION,
            "lastUpdated": "2026-01-01T00:00:00Z",
            "assetUri": assets,
            "fallbackAssetUri": assets,
            "files": [{"assetType": kind, "source": f"{assets}/{kind}"} for kind in kinds],
            "properties": [{"key": "Microsoft.VisualStudio.Code.Engine", "value": "^1.100.0"}],
        }
        extension = {
            "extensionId": "2f4c8a52-8f0d-4f9c-9a56-5a1d4c1b7a10",
            "extensionName": NAME,
            "displayName": "Greeter",
            "shortDescription": "Greets",
            "publisher": {
                "publisherId": "2f4c8a52-8f0d-4f9c-9a56-5a1d4c1b7a11",
                "publisherName": PUBLISHER,
                "displayName": "The School",
                "flags": "verified",
            },
            "versions": [version],
            "statistics": [],
            "tags": [],
            "categories": [],
            "flags": "validated, public",
            "releaseDate": "2026-01-01T00:00:00Z",
            "publishedDate": "2026-01-01T00:00:00Z",
            "lastUpdated": "2026-01-01T00:00:00Z",
        }
        count = {"metadataType": "ResultCount", "metadataItems": [{"name": "TotalCount", "count": 1}]}
        return {"results": [{"extensions": [extension], "pagingToken": None, "resultMetadata": [count]}]}

    def _handler(gallery: Gallery) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler's own self is another
        class Handler(BaseHTTPRequestHandler):
            def do_OPTIONS(self) -> None:
                self._send("text/plain", b"")

            def do_GET(self) -> None:
                self._send(*gallery.answer(self.path))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self._send(*gallery.answer(self.path))

            def _send(self, kind: str, body: bytes) -> None:
                self.send_response(200)
                for name in ("Origin", "Headers", "Methods"):
                    self.send_header(f"Access-Control-Allow-{name}", "*")
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
