"""What a student finds on the first day: two databases, datasets, charts and a dashboard."""

from __future__ import annotations

import json
import uuid
from typing import Any

from images.superset import places

_NAMESPACE = uuid.UUID("6f2c0e3a-52c5-4f0c-9a0e-7c1f5c1e8b11")
SAMPLE_DATABASE, OWN_DATABASE = "Sample shop", "My data"
TITLE = "Sample shop: a tour"
SLUG = "sample-shop"

SAMPLE_MEMORY = "160MB"
_SAMPLE_CONNECTION = {
    "read_only": True,
    "config": {"threads": 1, "memory_limit": SAMPLE_MEMORY, "enable_external_access": False},
}

_WELCOME = """\
## Welcome to your Superset

This is a Superset of your own: you are its administrator, nothing here can break anyone else's, and all of it is kept.

**What you see** is three invented years of an online shop in the database *Sample shop* (read-only): `sales` joins
`orders`, `order_lines`, `products`, `customers` and `returns` for you. Click a bar or a country to filter the page.
"""
_NEXT = """\
## Your turn

1. **Ask a question**: menu *SQL → SQL Lab*, database *Sample shop*, for example
   `SELECT category, sum(profit) FROM sales GROUP BY 1`
2. **Bring your own data**: menu *+ → Data → Upload CSV* (or Excel), database *My data*, up to 25 MB (Excel: 10 MB).
3. **Make a chart** of a dataset: *+ → Chart*; **save it** to a dashboard of your own.
"""

_FIRST_LOOK = """\
-- Three invented years of an online shop. Press Run, or Ctrl+Enter.
SELECT category,
       count(DISTINCT order_id) AS orders,
       round(sum(amount))       AS revenue,
       round(100 * sum(profit) / sum(amount), 1) AS margin_percent
FROM sales
GROUP BY category
ORDER BY revenue DESC
"""
_CAME_BACK = """\
WITH years AS (
  SELECT DISTINCT customer_id, year(ordered_at) AS year FROM orders
)
SELECT one.year, count(*) AS customers, count(next.customer_id) AS came_back,
       round(100.0 * count(next.customer_id) / count(*), 1) AS percent
FROM years one
LEFT JOIN years next ON next.customer_id = one.customer_id AND next.year = one.year + 1
WHERE one.year < 2025
GROUP BY one.year
ORDER BY one.year
"""

_METRICS = {
    "revenue": ("Revenue", "SUM(amount)", "$,.0f"),
    "profit": ("Profit", "SUM(profit)", "$,.0f"),
    "orders": ("Orders", "COUNT(DISTINCT order_id)", ",d"),
    "customers": ("Customers", "COUNT(DISTINCT customer_id)", ",d"),
    "average_order": ("Average order", "SUM(amount) / COUNT(DISTINCT order_id)", "$,.2f"),
    "return_rate": ("Return rate", "AVG(CASE WHEN returned THEN 1.0 ELSE 0.0 END)", ".1%"),
}
_ALL_TIME = "No filter"


def create(user: Any) -> None:
    """Add everything to the session of the current application."""
    sample, own = _databases()
    from superset.extensions import db

    db.session.add_all([sample, own])
    db.session.flush()
    datasets = {name: _dataset(sample, name, user) for name in ("sales", "orders", "order_lines", "products", "customers", "returns")}  # fmt: skip
    sales = datasets["sales"]
    charts = [_chart(sales, user, **description) for description in _charts()]
    db.session.add_all(charts)
    db.session.flush()
    db.session.add(_dashboard(charts, sales.id, user))
    db.session.flush()
    db.session.add_all(_first_queries(sample, user))
    _permissions(sample, own, datasets.values())


def _databases() -> tuple[Any, Any]:
    from superset.models.core import Database

    sample = Database(
        database_name=SAMPLE_DATABASE,
        sqlalchemy_uri=f"duckdb:///{places.SAMPLE_LINK}",
        expose_in_sqllab=True,
        uuid=_uuid("database sample"),
        extra=json.dumps({"engine_params": {"connect_args": _SAMPLE_CONNECTION}, "cost_estimate_enabled": False}),
    )
    own = Database(
        database_name=OWN_DATABASE,
        sqlalchemy_uri=f"sqlite:///{places.OWN_DATABASE}?check_same_thread=false",
        expose_in_sqllab=True,
        allow_ctas=True,
        allow_cvas=True,
        allow_dml=True,
        allow_file_upload=True,
        uuid=_uuid("database own"),
        extra=json.dumps({"engine_params": {"connect_args": {"timeout": 15}}}),
    )
    return sample, own


def _dataset(database: Any, name: str, user: Any) -> Any:
    from superset.connectors.sqla.models import SqlaTable, SqlMetric
    from superset.extensions import db

    table = SqlaTable(table_name=name, database=database, schema="main", owners=[user], uuid=_uuid(f"dataset {name}"))
    db.session.add(table)
    db.session.flush()
    table.fetch_metadata()
    if name == "sales":
        table.main_dttm_col = "ordered_at"
        table.description = "One row for each line of an order, with its customer, product and return"
        for key, (label, expression, number_format) in _METRICS.items():
            metric = SqlMetric(metric_name=key, verbose_name=label, expression=expression, d3format=number_format)
            table.metrics.append(metric)
        for column in table.columns:
            if column.column_name.endswith("_id") or column.column_name == "line_no":
                column.groupby = column.column_name == "order_id"
    return table


def _charts() -> list[dict[str, Any]]:
    """Each with the settings that Superset's own chart editor writes."""
    time = {"granularity_sqla": "ordered_at", "time_range": _ALL_TIME}
    monthly = {"x_axis": "ordered_at", "time_grain_sqla": "P1M", **time}
    big_number = {**monthly, "compare_lag": 12, "compare_suffix": "to the year before", "show_trend_line": True, "start_y_axis_at_zero": True, "rolling_type": "None", "subheader_font_size": 0.125, "header_font_size": 0.4}  # fmt: skip
    return [
        {
            "name": "Revenue",
            "kind": "big_number",
            "settings": {**big_number, "metric": "revenue", "y_axis_format": "$,.3s", "color_picker": {"r": 40, "g": 147, "b": 179, "a": 1}},
        },
        {
            "name": "Orders",
            "kind": "big_number",
            "settings": {**big_number, "metric": "orders", "y_axis_format": ",d", "color_picker": {"r": 90, "g": 193, "b": 137, "a": 1}},
        },
        {
            "name": "Revenue by category",
            "kind": "echarts_area",
            "settings": {**monthly, "metrics": ["revenue"], "groupby": ["category"], "stack": "Stack", "opacity": 0.55, "y_axis_format": "$,.2s", "x_axis_time_format": "smart_date", "rich_tooltip": True, "tooltipTimeFormat": "smart_date", "show_legend": True, "legendType": "scroll", "legendOrientation": "top", "row_limit": 10000, "truncate_metric": True, "show_empty_columns": True, "zoomable": True, "only_total": True, "show_value": False},
        },
        {
            "name": "Best-selling products",
            "kind": "echarts_timeseries_bar",
            "settings": {**time, "x_axis": "product", "metrics": ["revenue"], "groupby": [], "orientation": "horizontal", "row_limit": 12, "x_axis_sort": "revenue", "x_axis_sort_asc": True, "order_desc": True, "timeseries_limit_metric": "revenue", "y_axis_format": "$,.2s", "show_value": True, "show_legend": False, "truncate_metric": True, "rich_tooltip": True},
        },
        {
            "name": "When people order",
            "kind": "heatmap_v2",
            "settings": {**time, "x_axis": "hour_of_day", "groupby": "weekday", "metric": "orders", "sort_x_axis": "alpha_asc", "sort_y_axis": "alpha_desc", "normalize_across": "heatmap", "linear_color_scheme": "superset_seq_1", "row_limit": 10000, "show_legend": True, "legend_type": "continuous", "show_percentage": False, "xscale_interval": -1, "yscale_interval": -1, "left_margin": "auto", "bottom_margin": "auto", "value_bounds": [None, None], "y_axis_format": ",d"},
        },
        {
            "name": "Revenue by country",
            "kind": "world_map",
            "settings": {**time, "entity": "country", "country_fieldtype": "cca3", "metric": "revenue", "show_bubbles": True, "secondary_metric": "profit", "max_bubble_size": "25", "color_by": "metric", "linear_color_scheme": "superset_seq_1", "row_limit": 300, "y_axis_format": "$,.3s"},
        },
    ]  # fmt: skip


def _chart(sales: Any, user: Any, *, name: str, kind: str, settings: dict[str, Any]) -> Any:
    from superset.models.slice import Slice

    constant = {"adhoc_filters": [], "color_scheme": "supersetColors"}
    source = {"datasource": f"{sales.id}__table", "viz_type": kind}
    return Slice(
        slice_name=name,
        viz_type=kind,
        datasource_type="table",
        datasource_id=sales.id,
        params=json.dumps({**source, **constant, **settings}),
        owners=[user],
        created_by=user,
        changed_by=user,
        uuid=_uuid(f"chart {name}"),
    )


def _dashboard(charts: list[Any], sales_id: int, user: Any) -> Any:
    from superset.models.dashboard import Dashboard

    filters = [
        _filter("time", "Time range", {}),
        _filter("country", "Country", {"datasetId": sales_id, "column": {"name": "country"}}),
        _filter("channel", "Channel", {"datasetId": sales_id, "column": {"name": "channel"}}),
    ]
    return Dashboard(
        dashboard_title=TITLE,
        slug=SLUG,
        published=True,
        owners=[user],
        created_by=user,
        changed_by=user,
        slices=charts,
        uuid=_uuid("dashboard"),
        position_json=json.dumps(_layout({chart.slice_name: chart for chart in charts})),
        json_metadata=json.dumps(
            {
                "native_filter_configuration": filters,
                "cross_filters_enabled": True,
                "color_scheme": "supersetColors",
                "refresh_frequency": 0,
            }
        ),
    )


def _filter(key: str, name: str, target: dict[str, Any]) -> dict[str, Any]:
    controls = {"enableEmptyFilter": False}
    if target:
        controls |= {"multiSelect": True, "searchAllOptions": False, "defaultToFirstItem": False, "inverseSelection": False}  # fmt: skip
    return {
        "id": f"NATIVE_FILTER-{key}",
        "name": name,
        "filterType": "filter_select" if target else "filter_time",
        "type": "NATIVE_FILTER",
        "targets": [target],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
        "controlValues": controls,
        "defaultDataMask": {"extraFormData": {}, "filterState": {}},
        "cascadeParentIds": [],
    }


def _layout(charts: dict[str, Any]) -> dict[str, Any]:
    """Rows of a grid of 12 columns; heights in units of 8 pixels."""
    rows: list[list[tuple[str, int, int]]] = [
        [("welcome", 6, 34), ("next", 6, 34)],  # no text is cut at a width of 1,280 px
        [("Revenue", 3, 46), ("Orders", 3, 46), ("Best-selling products", 6, 46)],
        [("Revenue by category", 12, 50)],
        [("When people order", 6, 50), ("Revenue by country", 6, 50)],
    ]
    texts = {"welcome": _WELCOME, "next": _NEXT}
    layout: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": TITLE}},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
    }
    for number, row in enumerate(rows, 1):
        row_id = f"ROW-{number}"
        parents = ["ROOT_ID", "GRID_ID"]
        layout["GRID_ID"]["children"].append(row_id)
        layout[row_id] = {"type": "ROW", "id": row_id, "children": [], "parents": parents, "meta": {"background": "BACKGROUND_TRANSPARENT"}}  # fmt: skip
        for name, width, height in row:
            meta: dict[str, Any] = {"width": width, "height": height}
            if name in texts:
                part = {"type": "MARKDOWN", "id": f"MARKDOWN-{name}"}
                meta["code"] = texts[name]
            else:
                chart = charts[name]
                part = {"type": "CHART", "id": f"CHART-{chart.id}"}
                meta |= {"chartId": chart.id, "uuid": str(chart.uuid), "sliceName": name}
            layout[part["id"]] = {**part, "children": [], "parents": [*parents, row_id], "meta": meta}
            layout[row_id]["children"].append(part["id"])
    return layout


def _first_queries(sample: Any, user: Any) -> list[Any]:
    """An open tab in SQL Lab, so that nobody starts with an empty page, and a saved query."""
    from superset.models.sql_lab import SavedQuery, TabState

    tab = TabState(
        user_id=user.id,
        label="First look",
        active=True,
        database_id=sample.id,
        schema="main",
        sql=_FIRST_LOOK,
        query_limit=1000,
        autorun=False,
        hide_left_bar=False,
    )
    saved = SavedQuery(
        user_id=user.id,
        db_id=sample.id,
        schema="main",
        label="Customers who came back",
        description="How many customers ordered in one year and again in the next",
        sql=_CAME_BACK,
        created_by=user,
        changed_by=user,
        uuid=_uuid("saved query"),
    )
    return [tab, saved]


def _permissions(sample: Any, own: Any, datasets: Any) -> None:
    """What Superset adds when these are made in its pages."""
    from superset.extensions import db, security_manager

    for database in (sample, own):
        security_manager.add_permission_view_menu("database_access", database.perm)
    for dataset in datasets:
        security_manager.add_permission_view_menu("datasource_access", dataset.perm)
    db.session.flush()


def _uuid(name: str) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, name)
