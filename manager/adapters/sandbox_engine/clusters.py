"""Tells the gateway how to reach the tasks: Envoy watches one file of clusters (CDS)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CONNECT_TIMEOUT = "2s"
_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


class ClustersFile:
    """`clusters.json`. A rename replaces it as a whole; Envoy waits for that event."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._version = 0

    def publish(self, sockets: Mapping[str, Path]) -> None:
        """Make these the only clusters: task id → the Unix socket of its agent."""
        self._version += 1
        response = {
            "version_info": str(self._version),
            "resources": [_cluster(name, path) for name, path in sorted(sockets.items())],
        }
        draft = self._file.with_name(f".{self._file.name}.draft")
        draft.write_text(json.dumps(response))
        draft.replace(self._file)


def _cluster(name: str, socket_path: Path) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": name,
        "type": "STATIC",
        "connect_timeout": CONNECT_TIMEOUT,
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"pipe": {"path": str(socket_path)}}}}]}],
        },
        "typed_extension_protocol_options": {
            _HTTP_OPTIONS: {
                "@type": f"type.googleapis.com/{_HTTP_OPTIONS}",
                # The agent checks the launch secret of a connection's first request, then only
                # pipes bytes.
                "common_http_protocol_options": {"max_requests_per_connection": 1},
                "explicit_http_config": {"http_protocol_options": {}},
            }
        },
    }
