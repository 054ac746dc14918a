"""report.html: report.json for people, in the look of the review. It runs no script, and links to its folder alone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecs2k8s.report.templating import rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

    Report = Mapping[str, Any]

TEMPLATE = "run.html.jinja"
MOST = 500  # rows of a table; report.json has all
CLOSED = {"rolled_back": "; it was rolled back", "rollback_failed": "; its way back failed, and a person has closed it"}
GOOD = frozenset({"verified", "skipped", "completed", "closed", "answered", "pass"})
BAD = frozenset({"failed", "conflict", "rollback_failed", "refused", "fail"})
QUIET = frozenset({"pending", "not_applicable", "by a person"})
OF_CHECK = re.compile(r"[SLT]\d\d(?=: )", re.ASCII)  # how the reason of a way back begins

BAR, GAP, LEFT, TOP, HIGH, FOOT = 64, 16, 16, 24, 96, 56  # of the drawing of the weights, in pixels


@dataclass(frozen=True, slots=True)
class Bar:
    """One state of the weights: `high` pixels are the part of EKS, `sure` the part that every place gives it."""

    x: int
    high: float
    sure: float
    told: str
    day: str
    time: str
    lasted: str


@dataclass(frozen=True, slots=True)
class Drawing:
    bars: tuple[Bar, ...]
    width: int
    said: str


def page(its: Report) -> str:
    return rendered(
        TEMPLATE,
        run=its,
        headline=headline(its),
        style=_style(its),
        styled=styled,
        drawing=drawing(its),
        told=_told(its),
        stops=[{**each, "file": _of_check(each, its)} for each in its["stops"]],
        unsaid=_why_not_back(its),
        as_json=_json,
        lasting=lasting,
        MOST=MOST,
        BAR=BAR,
        TOP=TOP,
        HIGH=HIGH,
        FOOT=FOOT,
    )


def _told(its: Report) -> dict[str, list[Any]]:
    """The checks by what they said, blockers first; `others` are all that did not just pass, step by step."""
    found = sorted(its["checks"], key=lambda each: each["severity"] != "blocker")
    by = {
        "failed": ("fail",),
        "undecided": ("inconclusive", "error"),
        "others": ("fail", "inconclusive", "error", "waived"),
        "passed": ("pass", "not_applicable"),
    }
    its = {name: [each for each in found if each["verdict"] in words] for name, words in by.items()}
    once = {name: {(each["id"], each["subject"]): each for each in its[name]} for name in ("failed", "undecided")}
    return its | {name: list(last.values()) for name, last in once.items()}


def headline(its: Report) -> str:
    state, steps = its["state"], f"{its['done']} of {len(its['steps'])} steps done"
    said = {
        "rollback_failed": "NOT rolled back: a person is needed now.",
        "rolled_back": "Rolled back: requests and work are with ECS.",
        "rolling_back": "On its way back to ECS.",
        "aborting": "On its way back to ECS.",
        "paused": f"Paused, {steps}: {'; '.join(each['text'] or each['reason'] for each in its['paused'])}",
        "running": f"Under way, {steps}.",
        "completed": f"Completed, {steps}.",
        "closed": f"Closed, {steps}{CLOSED.get(_last_back(its), '')}.",
    }
    return said[state]


def _last_back(its: Report) -> str:
    """What the last way back came to; empty where there was none."""
    return str(its["ways_back"][-1]["outcome"]) if its["ways_back"] else ""


def _style(its: Report) -> str:
    """Of the headline: green is only what came to its end without a way back."""
    if its["state"] == "rollback_failed":
        return "no-go"
    return "go" if its["state"] in ("completed", "closed") and not its["ways_back"] else "go-with-work"


def styled(word: str) -> str:
    """The class of a badge."""
    if word in GOOD:
        return "go"
    return "error" if word in BAD else "note" if word in QUIET else "warning"


def lasting(seconds: float | None) -> str:
    """`2 d 3 h`, `15 min`, `4.2 s`: the two largest units."""
    if seconds is None:
        return ""
    if abs(seconds) < 60:  # noqa: PLR2004
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = ((days, "d"), (hours, "h"), (rest, "min"))
    return " ".join([f"{count} {unit}" for count, unit in parts if count][:2]) or "0 min"


def drawing(its: Report) -> Drawing | None:
    """A bar for each state of the weights, one as wide as another: days of hold would hide minutes of a canary."""
    found = its["weights"]
    if not found:
        return None
    ends = [*(each["when"] for each in found[1:]), its["times"]["last"]]
    bars = tuple(_bar(at, each, end) for at, (each, end) in enumerate(zip(found, ends, strict=True)))
    said = "; ".join(f"{bar.told} from {each['when']}" for bar, each in zip(bars, found, strict=True))
    return Drawing(bars, 2 * LEFT + len(bars) * (BAR + GAP) - GAP, f"EKS got {said}.")


def _bar(at: int, stage: Mapping[str, Any], end: str) -> Bar:
    high, sure = (HIGH * min(max(stage[name], 0), 100) / 100 for name in ("most", "least"))
    day, _, time = stage["when"].partition("T")
    return Bar(LEFT + at * (BAR + GAP), high, sure, stage["told"], day, time, lasting(_between(stage["when"], end)))


def _between(since: str, until: str) -> float | None:
    try:
        return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
    except ValueError:
        return None


def _of_check(stop: Mapping[str, Any], its: Report) -> str:
    """The file of the check that a way back names as its reason."""
    found = OF_CHECK.match(stop["reason"] or "")
    return next((each["file"] for each in its["checks"] if found and each["id"] == found[0]), "")


def _why_not_back(its: Report) -> str:
    """What the last way back failed of, without the commands that are shown below it."""
    text = str(its["ways_back"][-1]["text"]) if its["ways_back"] else ""
    for command in its["by_hand"]:
        text = text.replace(f": {command}", "")
    return text


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
