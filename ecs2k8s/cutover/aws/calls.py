"""The operations of a cutover: mappings/cutover.yaml, and what each request needs by IAM."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ecs2k8s.collect.calls import Call
from ecs2k8s.collect.calls import calls as collected
from ecs2k8s.core.errors import PlanError
from ecs2k8s.core.mappings import load_yaml, rows
from ecs2k8s.cutover.things.kind import NAMED
from ecs2k8s.cutover.things.later import ASSOCIATION, TEST_RULE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.cutover.plan import Request

Statement = dict[str, Any]
FREE = ("PolicyDocument", "Description", "ScheduleExpression", "HealthCheckPath")  # parameters that name nothing
GLOB = re.compile(r"[*?]|\$\{")  # what IAM reads as something else than itself


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Actions on what a request names, or for any plan."""

    actions: tuple[str, ...]
    to: tuple[str, ...]
    within: tuple[str, ...]
    when: dict[str, dict[str, str]] = {}


class Write(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One operation that changes something; the keys are explained in the file."""

    why: str
    designs: tuple[str, ...]
    mode: Literal["execute", "guided"]
    grants: tuple[Grant, ...]


@cache
def reads() -> Mapping[str, Call]:
    """The reads that a cutover may send: some of the export's, and its own."""
    own = rows("cutover.yaml", Call, "reads")
    shared = {name: collected()[name] for name in load_yaml("cutover.yaml")["run"]}
    return {**shared, **{name: msgspec.structs.replace(row, name=name) for name, row in own.items()}}


@cache
def writes() -> Mapping[str, Write]:
    return rows("cutover.yaml", Write, "writes")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the objects of a plan are."""

    partition: str = "aws"
    region: str = "*"
    account: str = "*"

    def values(self) -> dict[str, str]:
        return {"partition": self.partition, "region": self.region, "account": self.account}


def needed(request: Request, place: Place, known: Mapping[str, str] | None = None) -> list[Statement]:
    """The statements that allow this request and no other resource. Raises `PlanError` for what no row has.

    *known*: what the request does not say and AWS does (`scalable_target`). What exists only when the plan runs
    becomes a pattern of what it can be.
    """
    row = writes().get(request.call)
    if row is None:
        raise PlanError(f"{request.call}: is no operation of a cutover")
    values = {**_values(request, place), **(known or {})}
    found = (_statement(grant, grant.to, values) for grant in row.grants)
    return [statement for statement in found if statement["Resource"]]


def widest(name: str, place: Place) -> list[Statement]:
    """The statements that allow the operation for any plan."""
    values = {**place.values(), "way": _way(name)}
    return [_statement(grant, grant.within, values) for grant in writes()[name].grants]


def _statement(grant: Grant, resources: tuple[str, ...], values: Mapping[str, Any]) -> Statement:
    found = [each for template in resources for each in _filled(template, values)]
    when = {op: {key: text.format_map(values) for key, text in keys.items()} for op, keys in grant.when.items()}
    return {
        "Effect": "Allow",
        "Action": [action.format_map(values) for action in grant.actions],
        "Resource": list(dict.fromkeys(found)),
        **({"Condition": when} if when else {}),
    }


def _filled(template: str, values: Mapping[str, Any]) -> list[str]:
    """Several where the only name in *template* has several values."""
    several = values.get(template.removeprefix("{").removesuffix("}"))
    return list(several) if isinstance(several, list) else [template.format_map(values)]


def _values(request: Request, place: Place) -> dict[str, Any]:
    """What templates can name: the parameters, and what is made of them."""
    named = {key: its for key, its in request.parameters.items() if isinstance(its, str) and key not in FREE}
    listed = (*_passed_roles(request.parameters, place), *_user_pools(request.parameters, place))
    for value in (*named.values(), *listed):
        if GLOB.search(value):
            raise PlanError(f"{request.call}: {value} is no name that a policy can be limited to")
    made = {key: _pattern(value, place) for key, value in named.items()} | place.values()
    return made | {name: make(request.parameters, place) for name, make in MADE.items()} | {"way": _way(request.call)}


def _pattern(value: str, place: Place) -> str:
    """What exists only when the plan runs (things/later.py), as a pattern of its ARN."""
    balancing = f"arn:{place.partition}:elasticloadbalancing:{place.region}:{place.account}"
    if value.startswith(NAMED):
        return f"{balancing}:targetgroup/{value.removeprefix(NAMED)}/*"
    if value.startswith(TEST_RULE):
        return _rules_of(value.rpartition("@")[2])
    return "*" if value.startswith(ASSOCIATION) else value


def _way(call: str) -> str:
    return "Egress" if call.endswith("Egress") else "Ingress"


def _rules_of(listener: str) -> str:
    return listener.replace(":listener/", ":listener-rule/", 1) + "/*"


def _rules_of_listener(asked: Mapping[str, Any], _: Place) -> str:
    return _rules_of(str(asked.get("ListenerArn", "")))


def _service(asked: Mapping[str, Any], _: Place) -> str:
    """Requests of a plan name a service by its ARN."""
    return str(asked.get("service", ""))


def _events_rule(asked: Mapping[str, Any], place: Place) -> str:
    bus, name = asked.get("EventBusName", "default"), asked.get("Rule") or asked.get("Name", "")
    path = name if bus == "default" else f"{bus}/{name}"
    return f"arn:{place.partition}:events:{place.region}:{place.account}:rule/{path}"


def _passed_roles(asked: Mapping[str, Any], _: Place) -> list[str]:
    targets = [*(asked.get("Targets") or ()), asked.get("Target")]
    return [each["RoleArn"] for each in targets if isinstance(each, Mapping) and "RoleArn" in each]


def _user_pools(asked: Mapping[str, Any], _: Place) -> list[str]:
    """ELB looks at the client of the pool in the caller's name.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    """
    actions = (*asked.get("Actions", ()), *asked.get("DefaultActions", ()))
    return [each["AuthenticateCognitoConfig"]["UserPoolArn"] for each in actions if "AuthenticateCognitoConfig" in each]


def _scalable_target(_: Mapping[str, Any], place: Place) -> str:
    return f"arn:{place.partition}:application-autoscaling:{place.region}:{place.account}:scalable-target/*"


MADE = {
    "rules_of_listener": _rules_of_listener,
    "service": _service,
    "events_rule": _events_rule,
    "passed_roles": _passed_roles,
    "scalable_target": _scalable_target,
    "user_pools": _user_pools,
}


def merged(statements: Iterable[Statement]) -> list[Statement]:
    """As few statements as say the same: first those that allow the same, then those about the same."""
    return _joined(_joined(statements, "Action", "Resource"), "Resource", "Action")


def _joined(statements: Iterable[Statement], same: str, joined: str) -> list[Statement]:
    found: dict[bytes, Statement] = {}
    for each in statements:
        key = msgspec.json.encode((sorted(each[same]), each.get("Condition")), order="sorted")
        earlier = found.setdefault(key, {**each, joined: []})
        earlier[joined] = sorted({*earlier[joined], *each[joined]})
    return list(found.values())
