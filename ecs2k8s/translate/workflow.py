"""Workflows of GitHub Actions that deploy to ECS, rewritten to deploy to EKS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.arns import last
from ecs2k8s.core.pipelines import Workflow
from ecs2k8s.core.redacted import REDACTED
from ecs2k8s.core.shell_secrets import line as masked
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.workflow_commands import Around, NotUnderstoodError, literals
from ecs2k8s.translate.workflow_steps import OTHER_ACTION, rewritten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.manifests import Bundle
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.index import Tracked
    from ecs2k8s.resolve.workload import Inventory, Workload
    from ecs2k8s.translate.workflow_steps import Rewritten

SHAPE = "github.Workflow"
VARIABLE = "${{ vars.EKS_CLUSTER }}"  # where the cluster's name is not chosen


def workflows(
    inventory: Inventory, workloads: Iterable[Workload], bundle: Bundle, target: Target
) -> tuple[Workflow, ...]:
    """Those that have a step for ECS, sorted by name. What is not understood stays as it is and is said."""
    items = inventory.index.of_shape(SHAPE)
    among = tuple(workloads)
    titles = {item.document.id: item.document.id.partition("/")[2] for item in items}
    called = names.unique(titles.values())
    rolled = frozenset(
        (m["metadata"]["namespace"], m["metadata"]["name"]) for m in bundle.manifests if m["kind"] == "Rollout"
    )
    found = [_workflow(item, called[titles[item.document.id]], among, rolled, target) for item in items]
    return tuple(sorted((each for each in found if each), key=lambda each: each.name))


def _workflow(
    item: Tracked, name: str, workloads: tuple[Workload, ...], rolled: frozenset[tuple[str, str]], target: Target
) -> Workflow | None:
    data = item.document.data
    if REDACTED in repr(data):
        item.leave_out("workflow-is-masked")
        return None
    jobs: dict[str, Any] = {}
    left: list[str] = []
    touched = False
    for key, job in data["jobs"].items():
        env = literals(data.get("env")) | literals(job.get("env"))
        around = Around(env, workloads, rolled, repr(job.get("outputs", "")))
        jobs[key], done = _job(job, around, target)
        _say(item, key, job, done)
        left += [f"jobs.{key}.steps[{number}]" for number in sorted(done.left)]
        left += [f"jobs.{key}"] if _calls_ecs(item, key, job) else []
        touched = touched or bool(done.replaced)
    if not touched and not left:
        item.leave_out("workflow-without-ecs")
        return None
    note(item.view, "name", "workflow-rewritten", file=f"delivery/github/{name}.yaml")
    if touched:
        note(item.view, "name", "workflow-needs-access", roles=", ".join(_roles(data)) or "its credentials")
    return Workflow(name, str(data["name"]), data | {"jobs": jobs}, tuple(left))


def _job(job: dict[str, Any], around: Around, target: Target) -> tuple[dict[str, Any], Rewritten]:
    steps = list(job.get("steps") or [])
    done = rewritten(steps, around, target.eks_cluster or VARIABLE)
    return (job | {"steps": done.steps} if done.replaced else job), done


def _calls_ecs(item: Tracked, key: str, job: Mapping[str, Any]) -> bool:
    """Whether the job is a workflow of its own that looks like one for ECS."""
    uses = str(job.get("uses", ""))
    if not OTHER_ACTION.search(uses.partition("@")[0]):
        return False
    _say_left(item, ("jobs", key, "uses"), NotUnderstoodError("it is a workflow of its own, which was not read", uses))
    return True


def _say(item: Tracked, key: str, job: Mapping[str, Any], done: Rewritten) -> None:
    steps = job.get("steps") or []
    for number, workloads in done.replaced.items():
        about = ", ".join(sorted({f"{workload.namespace}/{workload.name}" for workload in workloads}))
        note(item.view, _leaf(key, number, steps[number]), "workflow-step-rewritten", workload=about)
    for number, inputs in done.dropped.items():
        note(item.view, _leaf(key, number, steps[number]), "workflow-step-left-out")
        for name in inputs:
            note(item.view, ("jobs", key, "steps", number, "with", name), "render-input-not-carried", input=name)
    for number, error in done.left.items():
        _say_left(item, _leaf(key, number, steps[number]), error)


def _leaf(key: str, number: int, step: Mapping[str, Any]) -> tuple[str | int, ...]:
    return ("jobs", key, "steps", number, "uses" if "uses" in step else "run")


def _say_left(item: Tracked, at: tuple[str | int, ...], error: NotUnderstoodError) -> None:
    note(item.view, at, "workflow-step-not-understood", why=error.why, line=masked(error.line) or "the step as a whole")


def _roles(data: Mapping[str, Any]) -> list[str]:
    """What the workflow assumes in AWS."""
    given = (step.get("with") or {} for job in data["jobs"].values() for step in job.get("steps") or [])
    return sorted({last(str(each["role-to-assume"])) for each in given if "role-to-assume" in each})
