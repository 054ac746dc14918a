"""Design B: a load balancer of its own, and records with weights. People carry it out (cutover.md §2.13 B)."""

from __future__ import annotations

import json
from shlex import quote
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.aws_steps import aws
from ecs2k8s.core.formats import apply_command
from ecs2k8s.core.listing import listed
from ecs2k8s.cutover.plan import Wait
from ecs2k8s.cutover.planning.design_a import BAKED, phase_of
from ecs2k8s.cutover.planning.records import names_of
from ecs2k8s.cutover.planning.schedule import WHOLE
from ecs2k8s.cutover.planning.step_texts import step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.planning.ground import Ground
    from ecs2k8s.cutover.planning.records import Name
    from ecs2k8s.cutover.planning.weighted import Weighted
    from ecs2k8s.resolve.balancers import LoadBalancer

MOST = 255  # the highest weight of a record
SHORT = 60  # seconds: what aliases have, and what other records and open connections are to have
DAY = 24 * 60 * 60
# What a person puts in when the new load balancer exists.
NEW_NAME, NEW_ZONE = "@NEW_NAME@", "@NEW_ZONE@"
FIND = """\
NEW_NAME=$(kubectl get ingress -A -o jsonpath='{.items[0].status.loadBalancer.ingress[0].hostname}')
NEW_ZONE=$(aws elbv2 describe-load-balancers --output text \\
  --query "LoadBalancers[?DNSName=='$NEW_NAME'].CanonicalHostedZoneId")"""


def steps(ground: Ground, unit: Unit, _: Weighted | None) -> Iterator[Step]:
    balancers = old(ground, unit)
    names = [name for balancer in balancers for name in names_of(ground, balancer)]
    hosts = listed([name.shown for name in names], len(names)) or "the names that lead to it, which were not read"
    args = {"hosts": hosts, "workloads": listed(unit.workloads, len(unit.workloads))}
    shorter, longer = tuple(_shorter(balancers, names)), tuple(_longer(names))
    yield step("ttl", args=args, guided=True, commands=shorter, undo=longer, wait=Wait(_remembered(names)))
    tree = "traffic/gateway" if ground.target.routing == "gateway" else "traffic/ingress"
    undo = (f"kubectl delete -k {tree}",)
    yield step("entrance", args=args, guided=True, commands=(apply_command(ground.target.format, tree),), undo=undo)
    yield step("by-name", args=args, guided=True, commands=tuple(_requests(names)))
    every = tuple(names)
    back = tuple(_batch(name, _weights(name, 0)) for name in every)
    simple = tuple(_batch(name, [_change("CREATE", record) for record in name.records], gone=True) for name in every)
    yield step("records", args=args, guided=True, commands=(FIND, *map(_divided, every)), undo=simple)
    for stage in ground.schedule.stages:
        of_stage = args | {"share": stage.share, "requests": f"{stage.requests:,}"}
        commands = tuple(_batch(name, _weights(name, stage.share)) for name in every)
        phase, ident = phase_of(stage.share), f"dns-{stage.share}"
        yield step(
            "dns",
            ident,
            of_stage,
            phase=phase,
            guided=True,
            commands=commands,
            undo=back,
            share=stage.share,
            minutes=stage.minutes,
            wait=stage.wait,
            checks=(*BAKED, "T16"),
        )
    days = max(ground.schedule.hold_days, 7)
    of_hold = args | {"days": days}
    yield step("dns-hold", args=of_hold, guided=True, minutes=days * 24 * 60, wait=Wait(days * DAY), share=WHOLE)


def one_record_left(names: Sequence[Name]) -> Iterator[Step]:
    """From weighted to simple again, in one batch, with the health that is wanted."""
    hosts = listed([name.shown for name in names], len(names))
    commands = tuple(_batch(name, _simple(name)) for name in names)
    yield step("record-simple", args={"hosts": hosts}, guided=True, commands=commands)


def _simple(name: Name) -> list[dict[str, Any]]:
    """The records that lead to the old load balancer go, and the new ones lose their weight."""
    gone = [_change("DELETE", record) for record in name.records]
    gone += [_change("DELETE", _eks(record, MOST)) for record in name.records]
    return gone + [_change("CREATE", _alone(_eks(record, MOST))) for record in name.records]


def _alone(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in ("SetIdentifier", "Weight")}


def old(ground: Ground, unit: Unit) -> list[LoadBalancer]:
    """The load balancers that send to the unit now, as far as they were read."""
    inventory = ground.translation.inventory
    folders = set(unit.workloads)
    own = {arn for arn, its in inventory.balancers.served.items() if any(b.workload.folder in folders for b in its)}
    return [balancer for balancer in inventory.balancers.load_balancers if balancer.named_groups & own]


def traffic(ground: Ground, unit: Unit) -> Iterator[str]:
    for balancer in old(ground, unit):
        yield from (name.thing.id for name in names_of(ground, balancer))


def _shorter(balancers: Sequence[LoadBalancer], names: Sequence[Name]) -> Iterator[str]:
    for balancer in balancers:
        yield aws(
            *("elbv2", "modify-load-balancer-attributes", "--load-balancer-arn", balancer.arn),
            *("--attributes", f"Key=client_keep_alive.seconds,Value={SHORT}"),
        )
    for name in names:
        if slow := [record for record in name.records if record.get("TTL", SHORT) > SHORT]:
            yield _batch(name, [_change("UPSERT", {**record, "TTL": SHORT}) for record in slow])


def _remembered(names: Sequence[Name]) -> int:
    """Seconds until nobody keeps an answer of before: from when the records are shorter, and told to all servers."""
    return max((int(record.get("TTL", SHORT)) for name in names for record in name.records), default=SHORT) + SHORT


def _longer(names: Sequence[Name]) -> Iterator[str]:
    for name in names:
        if slow := [record for record in name.records if record.get("TTL", SHORT) > SHORT]:
            yield _batch(name, [_change("UPSERT", record) for record in slow])


def _requests(names: Sequence[Name]) -> Iterator[str]:
    for name in names:
        host = name.shown.replace("*", "any")
        yield f'curl -sv --connect-to {quote(host)}:443:"$NEW_NAME":443 {quote(f"https://{host}/")}'


def _divided(name: Name) -> str:
    """From simple to weighted in one batch: the two cannot stand side by side. What is stored is deleted as it is."""
    changes = [_change("DELETE", record) for record in name.records]
    for record in name.records:
        changes += [_change("CREATE", _ecs(record, MOST)), _change("CREATE", _eks(record, 0))]
    return _batch(name, changes)


def _weights(name: Name, share: int) -> list[dict[str, Any]]:
    weight = round(MOST * share / WHOLE)
    found = []
    for record in name.records:
        found += [_change("UPSERT", _ecs(record, MOST - weight)), _change("UPSERT", _eks(record, weight))]
    return found


def _ecs(record: Mapping[str, Any], weight: int) -> dict[str, Any]:
    """Without health: Route 53 answers with weight 0 when all others look unhealthy."""
    kept = {key: value for key, value in record.items() if key not in ("SetIdentifier", "Weight")}
    alias = {"AliasTarget": kept["AliasTarget"] | {"EvaluateTargetHealth": False}} if "AliasTarget" in kept else {}
    return kept | alias | {"SetIdentifier": "ecs", "Weight": weight}


def _eks(record: Mapping[str, Any], weight: int) -> dict[str, Any]:
    if "AliasTarget" not in record:
        its: dict[str, Any] = {"TTL": SHORT, "ResourceRecords": [{"Value": NEW_NAME}]}
    else:
        its = {"AliasTarget": {"HostedZoneId": NEW_ZONE, "DNSName": NEW_NAME, "EvaluateTargetHealth": False}}
    return {"Name": record["Name"], "Type": record["Type"], "SetIdentifier": "eks", "Weight": weight, **its}


def _change(action: str, record: Mapping[str, Any]) -> dict[str, Any]:
    return {"Action": action, "ResourceRecordSet": dict(record)}


def _batch(name: Name, changes: list[dict[str, Any]], *, gone: bool = False) -> str:
    """*gone*: back to what was stored, so that the weighted records are deleted first, as the last step left them."""
    if gone:
        weighted = [record for each in name.records for record in (_ecs(each, MOST), _eks(each, 0))]
        changes = [*(_change("DELETE", record) for record in weighted), *changes]
    text = quote(json.dumps({"Changes": changes}, sort_keys=True))
    filled = text.replace(NEW_NAME, "'\"$NEW_NAME\"'").replace(NEW_ZONE, "'\"$NEW_ZONE\"'")
    return f"aws route53 change-resource-record-sets --hosted-zone-id {quote(name.zone)} \\\n  --change-batch {filled}"
