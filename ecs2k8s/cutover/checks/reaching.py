"""How probes of a run reach EKS: as their file says, else by the header that the live test rule asks for.

The value of that header is nobody's to know, and stands in no file: it is read from the rule and only sent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import structs

from ecs2k8s.cutover.checks.scene import LacksError
from ecs2k8s.cutover.probes.client import PORTS
from ecs2k8s.cutover.things.later import TEST_HEADER, is_test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.probes.cases import Case, Probes, Side

TEST_RULE = "elbv2.test-rule"
Rule = dict[str, Any]  # as DescribeRules has it


def reach(scene: Scene, probes: Probes) -> Callable[[Case], Side]:
    """By case. Raises `LacksError` where nothing says that it is EKS that answers."""
    said = {name.lower(): value for name, value in probes.eks.headers.items()}.get(TEST_HEADER.lower())
    if said is None and probes.leads_to_eks:
        return lambda _: probes.eks
    rules = _live(scene, urlsplit(probes.base))
    if not rules:
        raise LacksError("a test rule, or `eks` in the file of the probes: nothing leads them to EKS")
    if said is not None and all(said != _value(rule) for rule in rules):
        raise LacksError(f"a test rule with the value of {TEST_HEADER} that the probes send: they would reach ECS")
    return lambda case: _side(probes, case, rules)


def _side(probes: Probes, case: Case, rules: list[Rule]) -> Side:
    host, path = str(urlsplit(probes.base).hostname), case.path.partition("?")[0]
    met = next((rule for rule in rules if _meets(rule, host, path)), None)
    if met is None:
        raise LacksError(f"a test rule that {case.path} meets")
    return structs.replace(probes.eks, headers={**probes.eks.headers, TEST_HEADER: _value(met)})


def _live(scene: Scene, base: Any) -> list[Rule]:
    """The test rules of the plan as they are, of the listener that users call; the first that is met answers."""
    port = base.port or PORTS[base.scheme]
    found = []
    for listener, priorities in _planned(scene).items():
        answer = scene.asked("elbv2.DescribeListeners", ListenerArns=[listener]) or {}
        if all(each["Port"] != port for each in answer.get("Listeners", ())):
            continue
        rules = (scene.asked("elbv2.DescribeRules", ListenerArn=listener) or {}).get("Rules", ())
        found += [rule for rule in rules if rule["Priority"] in priorities and is_test(rule)]
    return sorted(found, key=lambda rule: int(rule["Priority"]))


def _planned(scene: Scene) -> Mapping[str, set[str]]:
    """By listener the priorities."""
    found: dict[str, set[str]] = {}
    for move in (move for step in scene.plan.steps for move in step.moves):
        if move.thing.kind == TEST_RULE and move.wanted:
            found.setdefault(move.thing.id.partition("#")[0], set()).add(str(move.wanted["Priority"]))
    return found


def _conditions(rule: Rule, field: str, config: str) -> Iterator[list[str]]:
    for each in rule.get("Conditions", ()):
        if each.get("Field") == field:
            yield list((each.get(config) or {}).get("Values") or each.get("Values") or ())


def _value(rule: Rule) -> str:
    headers = (each.get("HttpHeaderConfig") or {} for each in rule.get("Conditions", ()))
    return next((str(its["Values"][0]) for its in headers if its.get("HttpHeaderName") == TEST_HEADER), "")


def _meets(rule: Rule, host: str, path: str) -> bool:
    """By host and path.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
    """
    hosts = _conditions(rule, "host-header", "HostHeaderConfig")
    paths = _conditions(rule, "path-pattern", "PathPatternConfig")
    return all(any(_like(each.lower(), host.lower()) for each in values) for values in hosts) and all(
        any(_like(each, path) for each in values) for values in paths
    )


def _like(pattern: str, text: str) -> bool:
    look = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(look, text, re.DOTALL) is not None
