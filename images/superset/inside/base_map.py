"""Draw the base map: `python -m images.superset.inside.base_map ASSETS INTO`.

Maps of points need one, and those of Superset come from other companies' servers, which a workspace
does not ask. The outlines of countries and their regions are in Superset's own package, for its
country maps; here they become tiles of the usual scheme, INTO/zoom/x/y.png.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw

ZOOM_MAX = 5
"""Beyond it, a browser enlarges these tiles: enough to see which region a point is in."""
_TILE = 256
_LATITUDE_MAX = 85.0511287798
_SEA, _LAND, _BORDER = 0, 1, 2
_COLORS = (0xD5, 0xE3, 0xEA, 0xF6, 0xF4, 0xEE, 0xB9, 0xB9, 0xB2)

_INSETS = {
    "US-AK": lambda x, y: (-156.48 + (x + 119.932) / 0.35, 71.39 + (y - 30.971) / 0.35),
    "US-HI": lambda x, y: (x - 51.0, y - 5.55),
}
"""Superset's map of the USA shows these two smaller and nearer; from where they are, by Point
Barrow and Ka Lae."""

Ring = list[tuple[float, float]]


def main() -> int:
    assets, into = Path(sys.argv[1]), Path(sys.argv[2])
    side = _TILE << ZOOM_MAX
    world = Image.new("P", (side, side), _SEA)
    world.putpalette(_COLORS)
    draw = ImageDraw.Draw(world)
    for rings in _polygons(assets):
        outer, *holes = [[_place(point, side) for point in ring] for ring in rings]
        if len(outer) > 2:
            draw.polygon(outer, fill=_LAND, outline=_BORDER)
        for hole in holes:
            if len(hole) > 2:
                draw.polygon(hole, fill=_SEA, outline=_BORDER)
    for zoom in range(ZOOM_MAX, -1, -1):
        _cut(world, into / str(zoom))
        half = world.convert("RGB").resize((world.width // 2, world.height // 2), Image.Resampling.BOX)
        world = half.quantize(16, dither=Image.Dither.NONE)
    return 0


def _polygons(assets: Path) -> Iterator[list[Ring]]:
    for file in sorted(assets.glob("*.geojson")):
        for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
            shape = feature["geometry"] or {}
            several = shape.get("type") == "MultiPolygon"
            back = _INSETS.get(feature["properties"].get("ISO"), lambda x, y: (x, y))
            for rings in shape["coordinates"] if several else [shape.get("coordinates", [[]])]:
                yield [[back(*point[:2]) for point in ring] for ring in rings]


def _place(point: tuple[float, float], side: int) -> tuple[float, float]:
    """Web Mercator, as all such tiles are."""
    longitude, latitude = point[0], max(-_LATITUDE_MAX, min(_LATITUDE_MAX, point[1]))
    y = math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))
    return (longitude + 180) / 360 * side, (1 - y / math.pi) / 2 * side


def _cut(world: Image.Image, into: Path) -> None:
    for x in range(world.width // _TILE):
        column = into / str(x)
        column.mkdir(parents=True)
        for y in range(world.height // _TILE):
            box = (x * _TILE, y * _TILE, (x + 1) * _TILE, (y + 1) * _TILE)
            world.crop(box).save(column / f"{y}.png", optimize=True)


if __name__ == "__main__":
    raise SystemExit(main())
