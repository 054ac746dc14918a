"""Proofs of the translation that a static check rests on, as they hold for what lies in the directory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.timing import timings
from ecs2k8s.compare import schema
from ecs2k8s.core.manifests import ObjectRef, pod_template
from ecs2k8s.core.names import label
from ecs2k8s.translate.balancing import groups_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.checks.estate import Case
    from ecs2k8s.cutover.verdicts import Verdict
    from ecs2k8s.resolve.workload import Workload

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
OUTCOMES: Mapping[str, Verdict] = {"fits": "pass", "does not fit": "fail", "not known": "inconclusive"}
WORST: tuple[Verdict, ...] = ("fail", "error", "inconclusive", "waived", "pass", "not_applicable")


@dataclass(frozen=True, slots=True)
class Proof:
    """`judges_edits`: it looked at the objects as they lie, edits and all. `why`: what is lacking for a verdict."""

    verdict: Verdict
    lines: tuple[str, ...] = ()
    why: str = ""
    judges_edits: bool = False


NOTHING_TO_PROVE = Proof("not_applicable")


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Of several; `not_applicable` where there is none."""
    return min(verdicts, key=WORST.index, default="not_applicable")


def ledger(case: Case) -> Proof:
    """Each leaf has an entry. Totals that do not add up would be a defect of this program."""
    book = case.estate.translation.ledger
    totals = ", ".join(f"{count} {name}" for name, count in book.totals.items())
    if case.workload:
        return Proof("fail", ("nothing is made of it",)) if case.refused else Proof("pass")
    scope = [f"left out by --{name}: {', '.join(values)}" for name, values in case.estate.snapshot.scope.items()]
    return Proof("pass", (f"{len(book.entries)} fields: {totals}", *scope))


def images(case: Case) -> Proof:
    """Each container has the digest that its tasks run with, or that the task definition names."""
    if case.workload is None:
        return NOTHING_TO_PROVE
    found = [_image(case.workload, container) for manifest in case.objects for container in _containers(manifest)]
    if not found:
        return NOTHING_TO_PROVE
    lines = tuple(dict.fromkeys(line for _, line in found))
    return Proof(worst(verdict for verdict, _ in found), lines, judges_edits=True)


def _containers(manifest: Manifest) -> Iterator[Mapping[str, Any]]:
    spec = pod_template(manifest).get("spec", {})
    yield from (*spec.get("initContainers", ()), *spec.get("containers", ()))


def _image(workload: Workload, container: Mapping[str, Any]) -> tuple[Verdict, str]:
    name, image = str(container.get("name", "")), str(container.get("image", ""))
    running = sorted(_running(workload, name))
    said = [str(each.get("image", "")) for each in workload.containers if label(str(each.get("name", ""))) == name]
    _, _, digest = image.partition("@")
    if not digest:
        return "fail", f"{name}: {image} is a tag" + (f"; tasks run {', '.join(running)}" if running else "")
    if digest in running or any(text.endswith(f"@{digest}") for text in said):
        return "pass", f"{name}: {digest}"
    if running or not said:
        return "fail", f"{name}: {digest} is not what tasks run: {', '.join(running) or 'no task has it'}"
    return "inconclusive", f"{name}: {digest}; no running task was read"


def _running(workload: Workload, name: str) -> set[str]:
    known = [item for task in workload.tasks for item in task.get("containers", [])]
    its = [item for item in known if label(str(item.get("name", ""))) == name]
    return {str(item.get("imageDigest", "")) for item in its} - {""}


def timing(case: Case) -> Proof:
    """The inequalities of stopping, over the numbers of the manifests as they lie."""
    if case.workload is None:
        return NOTHING_TO_PROVE
    try:
        made = timings(case.estate.translation.inventory, case.estate.bundle)
        its = [outcome for each in made if each.workload is case.workload for outcome in each.outcomes]
        if not its:
            return Proof("inconclusive", why="a pod of it: nothing is made, or an edit took it away", judges_edits=True)
    except (KeyError, TypeError, ValueError) as error:
        return Proof("inconclusive", why=f"an edited manifest lacks {error}")
    strict = [outcome for outcome in its if outcome.check != "withdrawal"]
    lines = tuple(f"{each.check}{' of ' * bool(each.container)}{each.container}: {each.inequality}" for each in strict)
    return Proof(worst(each.verdict for each in strict), lines, judges_edits=True)


def replicas(case: Case) -> Proof:
    """No fewer pods than tasks that run, where the number is not left to a DaemonSet."""
    if case.workload is None or case.workload.kind != "Deployment":
        return NOTHING_TO_PROVE
    running = case.workload.service.get("runningCount")
    least = _least(case.objects)
    if not isinstance(running, int) or least is None:
        return Proof("inconclusive", why="how many tasks run: aws ecs describe-services")
    verdict: Verdict = "pass" if least >= running else "fail"
    return Proof(verdict, (f"{running} tasks run, {least} pods at least",), judges_edits=True)


def _least(objects: Iterable[Manifest]) -> int | None:
    specs = {manifest["kind"]: manifest.get("spec", {}) for manifest in objects}
    for kind, key in (("HorizontalPodAutoscaler", "minReplicas"), ("ScaledObject", "minReplicaCount")):
        if kind in specs:
            return int(specs[kind].get(key, 1))
    return int(specs["Deployment"].get("replicas", 1)) if "Deployment" in specs else None


def reachability(case: Case) -> Proof:
    """Whether connections were compared at all; those that are lost are findings."""
    reach = case.estate.translation.reach
    if case.workload is not None:
        return NOTHING_TO_PROVE
    if reach is None or not reach.rows:
        return Proof("inconclusive", why="the security groups of no workload were all read")
    same = sum(row.verdict == "same" for row in reach.rows)
    return Proof("pass", (f"{len(reach.rows)} connections compared, {same} the same",))


def routing(case: Case) -> Proof:
    """The proofs of the load balancers that send to it."""
    if case.workload is None:
        return NOTHING_TO_PROVE
    entries = case.workload.configuration.get("loadBalancers", [])
    its = {arn for entry in entries for _, arn in groups_of(entry)}
    found = [each for each in case.estate.translation.proofs if its & each.routing.balancer.named_groups]
    lines = tuple(f"{each.routing.balancer.name}: {each.difference or 'proved'}" for each in found)
    return Proof(worst("pass" if each.holds else "fail" for each in found), lines)


def schedules(case: Case) -> Proof:
    """The times of both sides."""
    found = [each for each in case.estate.translation.schedules if each.workload is case.workload]
    lines = tuple(f"{each.expression} is {each.cron} in {each.zone}: {each.difference or 'equal'}" for each in found)
    its: list[Verdict] = ["pass" if each.holds else "fail" if each.known else "inconclusive" for each in found]
    return Proof(worst(its), lines)


def room(case: Case) -> Proof:
    """The fit check of the report."""
    fit = case.estate.translation.fit
    lines = tuple(f"{each.question}, {each.subject}: {each.outcome}: {each.numbers}" for each in fit)
    if not fit:
        return Proof("inconclusive", why="nothing was translated")
    return Proof(worst(OUTCOMES[each.outcome] for each in fit), lines)


def edits(case: Case) -> Proof:
    """The manifests as they lie against the schemas of the API, and what people changed."""
    estate = case.estate
    changed = tuple(f"edited by hand: {ref}" for ref in sorted(estate.edits))
    if not schema.available():
        return Proof("inconclusive", changed, "the schemas: install ecs2k8s[validate]", judges_edits=True)
    found = tuple(schema.problems(estate.bundle.manifests, estate.target.kubernetes_version))
    unjudged = "; ".join(estate.unjudged)
    verdict: Verdict = "fail" if found else "inconclusive" if unjudged else "pass"
    return Proof(verdict, (*found, *changed), unjudged, judges_edits=True)


def names(case: Case) -> Proof:
    """Names and labels that Kubernetes takes, and selectors that mean pods of one workload."""
    manifests = [placed.manifest for placed in case.estate.bundle.everything]
    odd = [str(ObjectRef.of(each)) for each in manifests if not NAME.fullmatch(str(each["metadata"]["name"]))]
    odd += [
        f"{ObjectRef.of(m)}: label {key}" for m in manifests for key, value in _labels(m) if not VALUE.fullmatch(value)
    ]
    shared = tuple(f"{one} and {other} select the same pods" for one, other in _twice(case.estate.bundle.manifests))
    lines = (*(f"{each} is no name" for each in odd), *shared)
    return Proof("fail" if lines else "pass", lines or (f"{len(manifests)} objects",), judges_edits=True)


def _labels(manifest: Manifest) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, value in (manifest["metadata"].get("labels") or {}).items()]


def _twice(manifests: Iterable[Manifest]) -> Iterator[tuple[ObjectRef, ObjectRef]]:
    """Pairs of workload objects whose selectors mean the same pods."""
    seen: dict[tuple[str, str], ObjectRef] = {}
    for manifest in manifests:
        selector = manifest.get("spec", {}).get("selector") if pod_template(manifest) else None
        if selector:
            key = (manifest["metadata"].get("namespace", ""), repr(sorted(selector.get("matchLabels", {}).items())))
            ref = ObjectRef.of(manifest)
            if key in seen:
                yield seen[key], ref
            seen.setdefault(key, ref)


def again(case: Case) -> Proof:
    """What the export wrote, and what it would write now: another process, another seed of hashes."""
    differs = case.estate.differs
    lines = tuple(f"would be written otherwise now: {each}" for each in differs)
    return Proof("fail" if differs else "pass", lines, judges_edits=True)


PROOFS: Mapping[str, Callable[[Case], Proof]] = {
    "again": again,
    "edits": edits,
    "images": images,
    "ledger": ledger,
    "names": names,
    "reachability": reachability,
    "replicas": replicas,
    "room": room,
    "routing": routing,
    "schedules": schedules,
    "timing": timing,
}
