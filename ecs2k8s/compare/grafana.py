"""The project's own structural check of dashboards. It is no linter of Grafana, which has none that works alone.

https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COLUMNS = 24  # of the grid
LONGEST_UID = 40
NEEDED = ("uid", "title", "schemaVersion", "time", "templating", "panels")
OF_PANEL = ("id", "type", "title", "datasource", "gridPos", "targets")
OF_TARGET = ("refId", "expr", "datasource")


def problems(dashboard: Mapping[str, Any]) -> list[str]:
    """What is wrong with the dashboard, in words; empty where nothing is."""
    missing = [f"no {key}" for key in NEEDED if not dashboard.get(key)]
    if missing:
        return missing
    panels = dashboard["panels"]
    sources = {f"${{{item.get('name')}}}" for item in dashboard["templating"].get("list", [])}
    wrong = [] if len(dashboard["uid"]) <= LONGEST_UID else ["the uid is too long"]
    wrong += _twice("panels", [panel.get("id") for panel in panels])
    for panel in panels:
        wrong += [f"panel {panel.get('id')}: {problem}" for problem in _of_panel(panel, sources)]
    if not wrong:
        wrong += [f"panels {a['id']} and {b['id']} overlap" for a, b in combinations(panels, 2) if _overlap(a, b)]
    return wrong


def _of_panel(panel: Mapping[str, Any], sources: set[str]) -> Iterator[str]:
    missing = [f"no {key}" for key in OF_PANEL if not panel.get(key)]
    if missing:
        yield from missing
        return
    place = panel["gridPos"]
    if not all(isinstance(place.get(key), int) and place[key] >= 0 for key in "xywh"):
        yield "no place on the grid"
    elif place["x"] + place["w"] > COLUMNS or not place["w"] * place["h"]:
        yield "outside the grid"
    yield from _twice("targets", [target.get("refId") for target in panel["targets"]])
    for target in panel["targets"]:
        yield from (f"a target has no {key}" for key in OF_TARGET if not target.get(key))
    for source in (panel["datasource"], *(target.get("datasource") or {} for target in panel["targets"])):
        if source.get("uid") not in sources:
            yield f"a datasource that no variable has: {source.get('uid')}"


def _twice(what: str, idents: list[Any]) -> list[str]:
    return [f"{what} share the id {ident}" for ident in sorted({str(i) for i in idents if idents.count(i) > 1})]


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    a, b = one["gridPos"], other["gridPos"]
    beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    return not beside and not (a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"])
