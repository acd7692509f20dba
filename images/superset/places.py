"""Where a home's files lie, relative to it, and the template's, relative to its folder."""

from __future__ import annotations

from pathlib import Path

from contract.names import SHARED_DATA

DATA = Path("data")
OWN_DATABASE = DATA / "my-data.db"
SAMPLE_LINK = DATA / "shop.duckdb"
"""A link to the image's read-only file, which all homes share and a new image may replace."""

SUPERSET = Path(".superset")
METADATA_IN_HOME = SUPERSET / "superset.db"
SECRET = SUPERSET / "secret"
RESULTS = SUPERSET / "results"
SNAPSHOTS = SUPERSET / "snapshots"
BROUGHT_IN = SUPERSET / "shared.json"
"""Which of the cohort's dashboards have come: {digest: what became of it}."""

SHARED = Path(SHARED_DATA) / "current"
"""The cohort's shared data; not ~/shared, which is the student's to change."""

TEMPLATE = Path(__file__).parent / "template"
BUILT = Path(__file__).parent / "built.json"
"""Written by the build, like the template; neither is there in the source."""
METADATA = Path("superset.db")
SAMPLE = Path("shop.duckdb")
FACTS = Path("template.json")
