"""The replay of scaling in report.md, and a plot of each workload."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ecs2k8s.assess.scaling_replay import replays
from ecs2k8s.report.escape_markdown import plain, span
from ecs2k8s.report.scaling_plot import moment, plot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.scaling_replay import Replay
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target

MOST_CHANGES = 20  # of a workload, in its table; the plot has all
TITLE = "## Scaling, replayed"
HEAD = """\
From the datapoints that were given: the number of tasks that the policies of ECS would have chosen, and the number of
pods that the autoscaler would choose, both from the same start. It is a model: the load does not depend on the number
of tasks, a task and a pod start at once, ECS goes down as far as its target says once the lower alarm has breached, and
without a datapoint neither goes down.

Of each side: the least, the mean, the most, and how often it changes."""
TABLE = """| Namespace | Workload | Metrics | Datapoints | ECS | EKS | Largest difference |
|---|---|---|--:|--:|--:|---|"""
UNUSED = """These datapoints belong to no policy that was read. A label is the service and the metric, such as
`service/shop/web CPUUtilization`; the metric alone is enough where one service only goes by it:"""


def scaling_lines(translation: Translation, target: Target) -> list[str]:
    """Markdown: a row for each workload with datapoints, then what was assumed and when the numbers change."""
    found = replays(translation, target)
    if not found.found and not found.unused:
        return []
    lines = [TITLE, ""]
    if found.found:
        lines += [*HEAD.splitlines(), "", *TABLE.splitlines(), *map(_row, found.found), ""]
    for each in found.found:
        lines += _details(each) if not each.why else []
    if found.unused:
        lines += [*UNUSED.splitlines(), "", *(f"- {span(label)}" for label in found.unused), ""]
    return lines


def scaling_files(translation: Translation, target: Target) -> dict[str, str]:
    """report/scaling/<namespace>-<workload>.svg for each workload of which something can be said."""
    return {_file(each): plot(each) for each in replays(translation, target).found if not each.why}


def _file(replay: Replay) -> str:
    return f"report/scaling/{replay.workload.namespace}-{replay.workload.name}.svg"


def _row(replay: Replay) -> str:
    who = [plain(replay.workload.namespace), plain(replay.workload.name)]
    if replay.why:
        return f"| {' | '.join([*who, '', '', '', '', f'**inconclusive**: {plain(replay.why)}'])} |"
    gaps = [abs(one - other) for one, other in zip(replay.ecs, replay.eks, strict=True)]
    at = gaps.index(max(gaps))
    largest = f"{gaps[at]} at {moment(replay.times[at])}" if gaps[at] else "none"
    metrics = ", ".join(plain(name) for name in replay.metrics)
    cells = [*who, metrics, str(len(replay.times)), _summary(replay.ecs), _summary(replay.eks), largest]
    return f"| {' | '.join(cells)} |"


def _summary(counts: tuple[int, ...]) -> str:
    changes = sum(one != other for one, other in itertools.pairwise(counts))
    return f"{min(counts)}, {sum(counts) / len(counts):.1f}, {max(counts)}, {changes}"


def _details(replay: Replay) -> Iterator[str]:
    name = f"{replay.workload.namespace}/{replay.workload.name}"
    yield from (f"### {plain(name)}", "")
    yield from (f"- {plain(text)}" for text in replay.assumptions)
    yield from (
        f"- plot: {span(_file(replay).removeprefix('report/'))}",
        "",
        "| Time (UTC) | ECS | EKS |",
        "|---|--:|--:|",
    )
    rows = list(zip(replay.times, replay.ecs, replay.eks, strict=True))
    changed = [rows[0], *(now for last, now in itertools.pairwise(rows) if last[1:] != now[1:])]
    yield from (f"| {moment(time)} | {ecs} | {eks} |" for time, ecs, eks in changed[:MOST_CHANGES])
    if len(changed) > MOST_CHANGES:
        yield f"| and {len(changed) - MOST_CHANGES} more changes | | |"
    yield ""
