"""The worlds in which the stories of tests/stories happen. Each takes the mistake, as data, and says what came of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.cluster.bindings import guarding
from ecs2k8s.cutover.evidence import timeline
from ecs2k8s.cutover.folder import begin, ulid
from ecs2k8s.cutover.journal import read
from ecs2k8s.cutover.journal.events import Note
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.manifests import manifests
from ecs2k8s.cutover.plan import Plan
from ecs2k8s.cutover.run import columns
from ecs2k8s.cutover.run.engine import back, carry
from ecs2k8s.cutover.things.kustomization import applied
from ecs2k8s.cutover.world import RefusedError
from tests.cluster_twin import Twin
from tests.cutover_world import RULE, Quick, World, of, ramp
from tests.estates import SAMPLES, translated
from tests.harness import scene as balancer
from tests.harness.clock import run
from tests.harness.cluster import Pod, Template
from tests.harness.control_plane import forward as forward_to
from tests.harness.dns import Authority
from tests.harness.dns_wire import Question
from tests.harness.propagation import Delays
from tests.harness.server import Behaviour
from tests.moved_estates import SERVICE, documents, ground_from
from tests.planned import made, planned
from tests.story_ramps import Seen, handed, ramped
from tests.unit.cutover.planning.test_guided import STORED, batch, by_dns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.story_ramps import Mistake

# Real requests


async def _served(at: balancer.Scene, pods: Template, *, attached: bool) -> str:
    """What becomes of a roll-out of *pods* behind a load balancer that hears of them late."""
    at.cluster.bind(balancer.NEW, "web")
    if not attached:
        at.table.listen(forward_to((balancer.OLD, 100)))
        await at.minutes(1.1)
        at.cluster.pods["web"] = [Pod(pods) for _ in range(2)]
        starting = [asyncio.create_task(at.cluster._start("web", pod)) for pod in at.cluster.pods["web"]]
        await at.minutes(10)
        ready = sum(at.cluster.ready("web", pod) for pod in at.cluster.pods["web"])
        for each in starting:
            each.cancel()
        return "" if ready == len(starting) else f"{ready} of {len(starting)} pods are ready after 10 minutes"
    at.weigh(0, 100)
    await at.cluster.deploy("web", 2, pods)
    await at.minutes(1.1)
    load = at.load(rate=300, fresh_every=20)
    running = asyncio.create_task(load.run())
    await at.cluster.roll("web", pods)
    await at.minutes(0.5)
    load.stop()
    lost = len((await running).failures)
    return f"{lost} requests are lost when pods are replaced" if lost else ""


def served(pods: Template, *, attached: bool = True) -> str:
    async def whole() -> str:
        async with balancer.scene(Delays(60, 10), scale=120, drain=30) as at, asyncio.timeout(60):
            return await _served(at, pods, attached=attached)

    return run(whole())


PODS = Template(Behaviour("eks"), pre_stop=40, grace=70)


def with_pods(mistake: Mistake, folder: Path) -> Seen:
    """A ramp, and where it goes through, what becomes of requests to those pods."""
    seen = ramped(mistake, folder)
    if seen.code:
        return seen
    gate, attached = mistake.get("gates", True), "targets of EKS" not in mistake
    return replace(seen, harm=served(replace(PODS, gate=gate), attached=attached))


# Others


def bound(_: Mistake, folder: Path) -> Seen:
    """A binding of the group of ECS is applied; the controller of the cluster does with it what it does."""
    from tests import test_cutover_cluster as cluster

    twin = Twin(folder)
    try:
        its = cluster.world_of(twin, folder / "out")
        path = its.file("traffic/target-group-binding/shop/web.yaml", cluster.BINDING)
        ask = cluster.account(**{"ecs.DescribeServices": {"services": [cluster.OF_ECS]}})
        wanted = applied(manifests(its.place, path))
        try:
            its.move(cluster.FILES, path, wanted, forbidden=guarding(ask, its.api))
        except RefusedError as error:
            return Seen(3, str(error))
        return Seen(0, "applied", _thrown_out())
    finally:
        twin.close()


def _thrown_out() -> str:
    async def whole() -> str:
        async with balancer.scene(scale=120) as at, asyncio.timeout(60):
            await at.ecs.scale(3)
            await at.healthy(balancer.OLD, 3)
            tasks = set(at.table.registered(balancer.OLD))
            at.cluster.bind(balancer.OLD, "web")
            await at.cluster.deploy("web", 1, PODS)
            await at.minutes(0.2)
            return f"{len(tasks - set(at.table.registered(balancer.OLD)))} of {len(tasks)} tasks of ECS were thrown out"

    return run(whole())


def named(mistake: Mistake, _: Path) -> Seen:
    """Records of Route 53 while the load balancer of ECS has an empty group: who is answered with what?"""
    records = [change["ResourceRecordSet"] for change in batch(by_dns().step("records").commands[-1])[1:]]
    ill = mistake["an empty group makes it ill"]
    authority = Authority(lambda: records, lambda name: ([name], ill not in name), Random(7))
    found = {each.value for _ in range(50) for each in authority.answers(Question(1, "shop.example.com", "A"))}
    strangers = sorted(found - {"dualstack.shop-1234567890.eu-west-1.elb.amazonaws.com"})
    return Seen(0, "ECS=255, EKS=0", f"at 0 % all are sent to {strangers[0]}" if strangers else "")


def evaluated(record: Mapping[str, Any], weight: int) -> dict[str, Any]:
    """The record of ECS as it was stored, with its health looked at."""
    return {**record, "SetIdentifier": "ecs", "Weight": weight}


def unclaimed(_: Path, __: Plan, run: str) -> str:
    """Whoever used the plan before."""
    return run


def as_it_is(value: Any, *_: Any) -> Any:
    return value


def remembered(mistake: Mistake, folder: Path) -> Seen:
    """A name that clients remember for long; a person shortens that, and says at once that it is done."""
    found = documents()
    records = found["route53.RecordSets", "record-sets/Z0123456789EXAMPLESHOP"].data["ResourceRecordSets"]
    value = [{"Value": STORED["AliasTarget"]["DNSName"]}]  # type: ignore[index]
    records[0] = {"Name": "shop.example.com.", "Type": "CNAME", "TTL": mistake["TTL"], "ResourceRecords": value}
    plan = planned(ground_from(found.values(), shift="weighted-dns"), "shop-backend")
    plan = msgspec.structs.replace(plan, steps=(plan.step("ttl"),), fingerprints=(), approvals=())
    its = World(plan, {})
    began = its.clock.time
    with Journal.create(folder, plan, "01J", its.clock, disk=Quick(), mode="guided", who="ann") as journal:
        assert carry(its.run(journal, guided=True), "ann").code == 5
        journal.append(Note(step="ttl", text="done", by="ann"))
        outcome = carry(its.run(journal, guided=True), "ann")
    waited = its.clock.time - began
    early = f"clients keep the old address for {mistake['TTL'] - waited:,.0f} more seconds"
    return Seen(outcome.code, outcome.text, early if waited < mistake["TTL"] else "")


def deployed(mistake: Mistake, folder: Path) -> Seen:
    """A service whose deployer writes the weights too."""
    found = documents()
    found["ecs.Service", SERVICE].data.update(mistake["service"])
    plan = made(ground_from(found.values()), "shop-backend")
    if not isinstance(plan, Plan):
        return Seen(3, "\n".join(plan.reasons))
    return ramped({"edit": mistake["edit"]}, folder)


def twice(_: Mistake, folder: Path) -> Seen:
    """A plan that a run used up and took back is begun once more."""
    plan = ramp()
    unit = folder / "cutover" / plan.unit
    unit.mkdir(parents=True)
    its = World(plan, of(plan))
    its.requests = 10_000
    seen = []
    for number in range(2):
        try:
            at = begin(unit, plan, ulid(its.clock.now() + number, bytes(10)))
        except PlanError as error:
            return Seen(1, str(error))
        with Journal.create(at, plan, at.name, its.clock, disk=Quick(), mode="execute", who="ann") as journal:
            seen.append(carry(its.run(journal), "ann").code)
            if not number:
                back(its.run(journal), "not today", "ann")
                its.states = of(plan)
    return Seen(seen[-1], "", f"one plan was carried out {len(seen)} times, with {len(its.done)} calls")


def told(mistake: Mistake, folder: Path) -> Seen:
    """A conflict in an object that holds a secret: what lies in the folder of the run, and what is shown of it?"""
    plan = ramp()
    its = World(plan, of(plan))
    found: dict[str, Any] = {**cast("dict[str, Any]", its.states[RULE]), "Environment": mistake["environment"]}
    its.states[RULE] = found
    with Journal.create(folder, plan, "01J", its.clock, disk=Quick(), mode="execute", who="ann") as journal:
        outcome = carry(its.run(journal), "ann")
        conflict = columns.of_journal(plan, journal.run)
        assert conflict
        shown = json.dumps([list(leaf) for leaf in columns.differing(conflict)])
        shown += timeline.timeline(plan, read.read(folder).lines)
    text = shown + (folder / "journal.jsonl").read_text()
    hits = [name for name, value in mistake["environment"].items() if value in text]
    return Seen(outcome.code, outcome.text, f"the value of {', '.join(hits)} can be read" if hits else "")


def generated(mistake: Mistake, _: Path) -> Seen:
    """Whether an object of any sample claims a service of VPC Lattice; `planted` shows that one would be found."""
    objects = [placed.manifest for name in SAMPLES for placed in translated(name).bundle.everything]
    objects += mistake.get("planted", [])
    claims = [each for each in objects if "vpc-lattice" in json.dumps(each) or "networking.k8s.aws" in json.dumps(each)]
    return Seen(0, f"{len(objects)} objects", f"{len(claims)} claim a service of VPC Lattice" if claims else "")


WORLDS: dict[str, Callable[[Mistake, Path], Seen]] = {
    "a ramp": ramped,
    "a ramp with real pods": with_pods,
    "a handover": handed,
    "a binding": bound,
    "names with weights": named,
    "names that are remembered": remembered,
    "a deployer": deployed,
    "a plan that was used": twice,
    "what is written": told,
    "what is generated": generated,
}
