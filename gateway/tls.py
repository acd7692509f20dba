"""TLS at the edge: Envoy's side of a certificate, and the redirect from plain HTTP.

The certificate is a file that Envoy watches. Whoever writes it anew exchanges the certificate:
new connections use it at once, and open ones (WebSockets too) go on.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

_TYPE = "type.googleapis.com/envoy.extensions"
_NAME = "certificate"


def certificate_file(envoy_dir: Path) -> Path:
    return envoy_dir / "certificate.json"


def write_certificate(envoy_dir: Path, *, chain: str, key: str) -> None:
    """Give Envoy a certificate chain and its key, both PEM. Key and chain change in one rename."""
    secret = {
        "@type": f"{_TYPE}.transport_sockets.tls.v3.Secret",
        "name": _NAME,
        "tls_certificate": {"certificate_chain": {"inline_string": chain}, "private_key": {"inline_string": key}},
    }
    file = certificate_file(envoy_dir)
    fresh = file.with_suffix(".json.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as output:
        json.dump({"resources": [secret]}, output)
    fresh.replace(file)


def transport_socket(envoy_dir: Path) -> dict[str, Any]:
    """Of the listener that browsers use: TLS 1.2 or newer, HTTP/2 or HTTP/1.1."""
    source = {"path": str(certificate_file(envoy_dir)), "watched_directory": {"path": str(envoy_dir)}}
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{_TYPE}.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_certificate_sds_secret_configs": [
                    {"name": _NAME, "sds_config": {"resource_api_version": "V3", "path_config_source": source}}
                ],
            },
        },
    }


def redirect_listener(address: dict[str, Any], *, port: int, https_port: int) -> dict[str, Any]:
    """A listener that answers every plain request with the same address over HTTPS."""
    redirect: dict[str, Any] = {"https_redirect": True, "response_code": "MOVED_PERMANENTLY"}
    if (port, https_port) != (80, 443):  # of which Envoy knows that an address need not name them
        redirect["port_redirect"] = https_port
    return {
        "name": "redirect",
        "address": address,
        "filter_chains": [
            {
                "filters": [
                    {
                        "name": "envoy.filters.network.http_connection_manager",
                        "typed_config": {
                            "@type": f"{_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
                            "stat_prefix": "redirect",
                            "codec_type": "HTTP1",
                            "server_name": "apranova",
                            "request_headers_timeout": "15s",
                            "common_http_protocol_options": {"idle_timeout": "15s"},
                            "route_config": {
                                "virtual_hosts": [
                                    {
                                        "name": "any",
                                        "domains": ["*"],
                                        "routes": [{"match": {"prefix": "/"}, "redirect": redirect}],
                                    }
                                ]
                            },
                            "http_filters": [
                                {
                                    "name": "envoy.filters.http.router",
                                    "typed_config": {"@type": f"{_TYPE}.filters.http.router.v3.Router"},
                                }
                            ],
                        },
                    }
                ]
            }
        ],
    }
