"""Two numbers over time as a small SVG: told apart by dashes and by words, not by colour alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.assess.scaling_replay import Replay

WIDTH, HEIGHT = 800, 300
LEFT, RIGHT, TOP, BOTTOM = 50, 20, 40, 40
LINES = 4  # of the grid
STYLE = {"ecs": 'stroke="#555555" stroke-width="2"', "eks": 'stroke="#0050b0" stroke-width="2" stroke-dasharray="8 4"'}


def plot(replay: Replay) -> str:
    """The text of the SVG. It is a function of *replay* alone."""
    name = escape(f"{replay.workload.namespace}/{replay.workload.name}")
    most = max(1, *replay.ecs, *replay.eks)
    said = (
        f"ECS: {min(replay.ecs)} to {max(replay.ecs)} tasks, ends with {replay.ecs[-1]}. "
        f"EKS: {min(replay.eks)} to {max(replay.eks)} pods, ends with {replay.eks[-1]}."
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' role="img" aria-labelledby="title desc">',
        f'<title id="title">Scaling of {name}, replayed</title>',
        f'<desc id="desc">{escape(said)}</desc>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        '<g font-family="sans-serif" font-size="12" fill="#222222">',
        *_grid(most),
        *_ends(replay.times),
        f'<path d="{_path(replay.times, replay.ecs, most)}" fill="none" {STYLE["ecs"]}/>',
        f'<path d="{_path(replay.times, replay.eks, most)}" fill="none" {STYLE["eks"]}/>',
        *_legend(),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _y(value: float, most: int) -> str:
    return f"{HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most:.1f}"


def _path(times: Sequence[int], counts: Sequence[int], most: int) -> str:
    """Steps: the number stays until it changes."""
    span = max(1, times[-1] - times[0])
    found, last = [], None
    for index, (time, count) in enumerate(zip(times, counts, strict=True)):
        x = f"{LEFT + (WIDTH - LEFT - RIGHT) * (time - times[0]) / span:.1f}"
        if last is None:
            found.append(f"M{x} {_y(count, most)}")
        elif count != last or index == len(times) - 1:
            found.append(f"H{x}V{_y(count, most)}")
        last = count
    return "".join(found)


def _grid(most: int) -> list[str]:
    values = sorted({round(most * step / LINES) for step in range(LINES + 1)})
    found = []
    for value in values:
        y = _y(value, most)
        found.append(f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#dddddd"/>')
        found.append(f'<text x="{LEFT - 8}" y="{y}" dy="4" text-anchor="end">{value}</text>')
    return found


def _ends(times: Sequence[int]) -> list[str]:
    y = HEIGHT - BOTTOM + 20
    return [
        f'<text x="{LEFT}" y="{y}">{moment(times[0])}</text>',
        f'<text x="{WIDTH - RIGHT}" y="{y}" text-anchor="end">{moment(times[-1])} UTC</text>',
    ]


def moment(time: int) -> str:
    """`2026-11-20 10:00`, in UTC; empty for a time that no calendar has."""
    try:
        return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return ""


def _legend() -> list[str]:
    y = TOP - 18
    return [
        f'<line x1="{LEFT}" y1="{y}" x2="{LEFT + 40}" y2="{y}" {STYLE["ecs"]}/>',
        f'<text x="{LEFT + 46}" y="{y}" dy="4">tasks that ECS would want (solid)</text>',
        f'<line x1="{LEFT + 300}" y1="{y}" x2="{LEFT + 340}" y2="{y}" {STYLE["eks"]}/>',
        f'<text x="{LEFT + 346}" y="{y}" dy="4">pods that the autoscaler would want (dashed)</text>',
    ]
