"""Pages of docs/ that are made of mappings/cutover.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.aws.calls import Place, reads, writes
from ecs2k8s.cutover.aws.policy import of_designs, text
from ecs2k8s.report.escape_markdown import code
from ecs2k8s.report.pages import MADE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.aws.calls import Write

INTRODUCTION = """\
Every operation that a cutover may send to AWS, and no other. A guard stands in front of every client: reads of the
first table pass; of the second, only the one request that the run hands over at that moment, with exactly its
parameters, once.

| Command | Sends |
|---|---|
| `plan`, `cutover status`, `cutover evidence` | nothing |
| `verify`, `cutover run` (guided), also while it pauses and resumes | reads |
| `cutover run --execute` | reads, and requests of the plan that `--execute` sends by this table |
| `cutover rollback`, `cutover abort` of such a run | reads, and the same of the ways back |

Of a request that changes something, boto3 makes one attempt. With `--write-role-arn` the run assumes that role for each
such request, for a quarter of an hour, with a session policy that allows this request's actions on its objects alone.
The session is called `ecs2k8s-RUN-STEP`, so that CloudTrail says which step it was. Without it the run uses the
credentials that it reads with.

`ecs2k8s policy cutover DIR` prints the IAM policies for the plans of a directory, `ecs2k8s policy cutover --design A`
those for any plan of a design ([iam-cutover-policy.json](iam-cutover-policy.json): any design, any account). `read` is
for who runs, `write` for the role to assume; `assume` and `trust` let the one assume the other.
"""


def pages() -> dict[str, str]:
    """Name to text."""
    return {
        "cutover-calls.md": "\n".join(_calls()) + "\n",
        "iam-cutover-policy.json": text(of_designs("ABCD", Place())) + "\n",
    }


def _calls() -> Iterator[str]:
    yield from ("# What a cutover sends to AWS", "", MADE, "", *INTRODUCTION.splitlines(), "")
    yield from ("## Reads", "", "| Operation | For | Permission |", "|---|---|---|")
    for name, row in reads().items():
        yield f"| {name} | {row.why} | {'<br>'.join(map(code, row.permissions)) or 'none'} |"
    yield from ("", "## Changes", "", "| Operation | For | Designs | Sent by | Permission, on what the request names |")
    yield "|---|---|---|---|---|"
    yield from (_write(name, row) for name, row in writes().items())


def _write(name: str, row: Write) -> str:
    who = "`--execute`" if row.mode == "execute" else "a person"
    way = "Egress" if name.endswith("Egress") else "Ingress"
    actions = dict.fromkeys(action.format(way=way) for grant in row.grants for action in grant.actions)
    return f"| {name} | {row.why} | {', '.join(row.designs)} | {who} | {'<br>'.join(map(code, actions))} |"
