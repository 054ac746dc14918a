"""A split changes who answers inside a workload, never which workload: random listeners, random parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ecs2k8s.assess.lbc import build
from ecs2k8s.assess.listener_paths import leads, proposal
from ecs2k8s.assess.normal_form import normal_form
from ecs2k8s.assess.routing import services_of
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import Made, objects
from ecs2k8s.resolve.balancers import target_groups
from ecs2k8s.resolve.parts import paths_of
from ecs2k8s.translate.routes import Forward, Route
from tests.listener_rules import BALANCER_ARN, PATHS, TARGET_GROUPS, Source, listeners
from tests.routed import BALANCER, group, name_of, oracle, service
from tests.test_routing import without_secret

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target

MANY = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
CHECK: dict[str, Any] = {
    "HealthCheckTimeoutSeconds": 5,
    "HealthyThresholdCount": 5,
    "UnhealthyThresholdCount": 2,
    "HealthCheckPath": "/",
}
CHECK |= {"Matcher": {"HttpCode": "200"}, "VpcId": "vpc-1"}
Splits = dict[str, Any]


def snapshot(sources: list[Source]) -> Snapshot:
    """Six services behind one ALB with the listeners *sources*."""
    named = str([(each.listener, each.rules) for each in sources])
    found = [Document("elbv2.LoadBalancer", BALANCER_ARN, BALANCER)]
    for arn in TARGET_GROUPS:
        found += [group(arn, LoadBalancerArns=[BALANCER_ARN] if arn in named else [], **CHECK), *service(arn)]
    for each in sources:
        arn = each.listener["ListenerArn"]
        found.append(Document("elbv2.Listener", arn, each.listener))
        found += [Document("elbv2.Rule", rule["RuleArn"], rule) for rule in each.rules]
        if each.certificates:
            answer = {"ListenerArn": arn, "Certificates": each.certificates}
            found.append(Document("elbv2.ListenerCertificates", arn, answer))
    return Snapshot(tuple(found))


@st.composite
def splits(draw: st.DrawFn, sources: list[Source]) -> Splits:
    """Some services, each in parts of paths that rules have and of others that none has, one path in one part only."""
    known = sorted({path for each in sources for rule in each.rules for path in paths_of(rule)} | set(PATHS[:3]))
    found: Splits = {}
    for arn in draw(st.lists(st.sampled_from(TARGET_GROUPS), unique=True, min_size=2)):
        owners = draw(st.lists(st.sampled_from([0, 1, 2, 2, 2, 2, 2, 3]), min_size=len(known), max_size=len(known)))
        parts: Splits = {}
        for path, owner in zip(known, owners, strict=True):
            if owner:
                parts.setdefault(f"v{owner}", {"paths": []})["paths"].append(path)
        if parts:
            found[f"prod/{name_of(arn)}"] = {"by": "path", "parts": parts}
    return found


def divided(sources: list[Source], chosen: Splits) -> set[tuple[str, str]]:
    """Target group and part of each rule that a part answers."""
    found = set()
    for rule in (rule for each in sources for rule in each.rules):
        paths = set(paths_of(rule))
        for name in {name_of(arn) for arn in target_groups(rule)} if paths else ():
            parts = chosen.get(f"prod/{name}", {"parts": {}})["parts"]
            found |= {(name, part) for part, its in parts.items() if paths <= set(its["paths"])}
    return found


def is_bound(part: tuple[str, str], made: Made) -> bool:
    """Whether a Service of the target group selects the pods of the part, and a binding and an Ingress name it."""
    group, name = part
    (workload,) = (each for each in made.translated if each.part == name and each.whole == group)
    selected = {
        service["metadata"]["name"]
        for service in services_of(made.bundle.manifests).values()
        if service["spec"]["selector"]["app.kubernetes.io/name"] == workload.name
    }
    bound = {m["spec"]["serviceRef"]["name"] for m in made.bundle.manifests if m["kind"] == "TargetGroupBinding"}
    ingresses = str([m for m in made.bundle.manifests if m["kind"] == "Ingress"])
    return any(f"'{each}'" in ingresses or f'"{each}"' in ingresses for each in selected & bound)


def of_workloads(route: Route, made: Made) -> Route:
    """*route* with the target groups' names of the workloads whose pods its Services select."""
    if not isinstance(route.action, Forward):
        return route
    known = services_of(made.bundle.manifests)
    pods = {m["metadata"]["name"]: m["metadata"]["labels"] for m in made.bundle.manifests if m["kind"] == "Deployment"}
    weights: dict[str, int] = {}
    for backend, weight in route.action.backends:
        space, _, rest = backend.partition("/")
        name, _, port = rest.partition(":")
        labels = pods[known[space, name]["spec"]["selector"]["app.kubernetes.io/name"]]
        whole = labels.get("app.kubernetes.io/part-of", labels["app.kubernetes.io/name"])
        weights[f"{space}/{whole}:{port}"] = weights.get(f"{space}/{whole}:{port}", 0) + weight
    return replace(route, action=replace(route.action, backends=tuple(weights.items())))


def wrong(sources: list[Source], made: Made, target: Target) -> list[str]:
    """What is not as AWS has it, though nothing was said."""
    (proof,) = made.proofs
    built = build([placed.manifest for placed in proof.routing.placed], services_of(made.bundle.manifests))
    found = []
    for each in sources:
        its = built[each.listener["Port"]]
        rules = tuple(of_workloads(without_secret(route), made) for route in its.rules)
        default = of_workloads(without_secret(its.default), made)
        if normal_form(*oracle(each)) != normal_form(rules, default):
            found.append(f"{each.listener['Port']} differs with {target.splits}")
    return found


def test_routing_stays_what_it_was_however_services_are_split() -> None:
    counts: Counter[str] = Counter()

    @MANY
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        sources = data.draw(listeners())
        chosen = data.draw(splits(sources))
        taken, target = snapshot(sources), convert({"splits": chosen})
        whole, made = objects(taken, convert({})), objects(taken, target)
        holds = [proof.holds for proof in made.proofs]
        assert holds == [proof.holds for proof in whole.proofs]
        counts["parts"] += sum(bool(workload.part) for workload in made.translated)
        if True in holds:
            counts["proved"] += 1
            assert wrong(sources, made, target) == []
            wanted = divided(sources, chosen)
            assert {part for part in wanted if is_bound(part, made)} == wanted
            counts["used"] += len(wanted)

    check()
    assert counts["proved"] > 30
    assert counts["used"] > 5, counts


def test_what_is_proposed_is_valid_and_gives_each_path_to_one_part() -> None:
    counts: Counter[str] = Counter()

    @MANY
    @given(sources=listeners())
    def check(sources: list[Source]) -> None:
        made = objects(snapshot(sources), convert({}))
        for workload in made.translated:
            found = leads(workload, made.inventory)
            split = proposal(found)
            if split is None:
                continue
            counts["proposed"] += 1
            convert(
                {
                    "splits": {
                        workload.folder: {
                            "by": "path",
                            "parts": {k: {"paths": v.paths} for k, v in split.parts.items()},
                        }
                    }
                }
            )
            for lead in (each for each in found if each.divides):
                assert sum(set(lead.paths) <= set(part.paths) for part in split.parts.values()) == 1

    check()
    assert counts["proposed"] > 5, counts
