"""What a backend of an Ingress becomes: an action, extra conditions, transforms.

Source: https://github.com/kubernetes-sigs/aws-load-balancer-controller, `pkg/ingress/enhanced_backend_builder.go`,
`model_build_actions.go`, `model_build_target_group.go` and `config_types.go`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.lbc_annotations import Annotations, GoObject, Rejected, reject
from ecs2k8s.assess.lbc_conditions import extra_conditions
from ecs2k8s.translate.routes import Action, Condition, FixedResponse, Forward, Redirect, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping

USE_ANNOTATION = "use-annotation"
DIGITS = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a forward goes to: a target group by ARN, or a Service by name with the number or name of a port."""

    arn: str | None
    service: str
    port: int | str
    weight: int | None


@dataclass(frozen=True, slots=True)
class Backend:
    """`annotations` are those that authentication is read from: the Service's win where it is the only one."""

    action: Action
    conditions: list[Condition]
    transforms: tuple[Transform, ...]
    annotations: Annotations


def backend(
    ingress: Mapping[str, Any], wanted: Mapping[str, Any], services: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Backend:
    """What the controller makes of *wanted*, a backend of *ingress*, where *services* are those of the cluster."""
    service = wanted.get("service") or reject('missing required "service" field')
    name, port = service["name"], service.get("port") or {}
    annotations = Annotations.of(ingress)
    conditions, transforms = extra_conditions(annotations, name), _transforms(annotations, name)
    if port.get("name") == USE_ANNOTATION:
        action, only = _annotated(ingress, annotations, name, services)
    else:
        target = Target(None, name, port.get("name") or port.get("number", 0), None)
        action, only = _forward([target], None, ingress, services)
    return Backend(action, conditions, transforms, only.over(annotations) if only else annotations)


Found = tuple[Action, Annotations | None]  # and the annotations of the one Service that is forwarded to


def _annotated(
    ingress: Mapping[str, Any],
    annotations: Annotations,
    name: str,
    services: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Found:
    if annotations.text(f"actions.{name}") is None:
        return _missing("Backend action does not exist"), None
    config = annotations.json_object(f"actions.{name}") or reject("unknown action type: null")
    match config.text("type"):
        case "fixed-response":
            return _fixed_response(config), None
        case "redirect":
            return _redirect(config), None
        case "forward":
            return _forward(*_targets(config), ingress, services)
        case unknown:
            raise Rejected(f"unknown action type: {unknown}")


def _missing(body: str) -> FixedResponse:
    return FixedResponse("503", "text/plain", body)


def _fixed_response(config: GoObject) -> FixedResponse:
    answer = config.object("fixedResponseConfig") or reject("missing FixedResponseConfig")
    status = answer.text("statusCode") or reject("statusCode is required")
    return FixedResponse(status, answer.text("contentType") or "", answer.text("messageBody") or "")


def _redirect(config: GoObject) -> Redirect:
    to = config.object("redirectConfig") or reject("missing RedirectConfig")
    status = to.text("statusCode") or reject("statusCode is required")
    parts = {part: to.text(part) for part in ("protocol", "host", "port", "path", "query")}
    return Redirect(status, **{part: value for part, value in parts.items() if value is not None})


def _targets(config: GoObject) -> tuple[list[Target], int | None]:
    forward, arn = config.object("forwardConfig"), config.text("targetGroupARN")
    if config.text("targetGroupName") is not None:
        reject("a target group by name: which one it is only the account says")
    if forward is None and arn is None:
        reject("missing ForwardConfig or TargetGroupARN")
    if forward is None:
        return [Target(arn, "", 0, None)], None
    if arn is not None:
        reject("either ForwardConfig or TargetGroupARN can be specified")
    targets = [_target(item) for item in forward.objects("targetGroups")]
    if len(targets) > 1 and any(target.weight is None for target in targets):
        reject("weight must be set when route to multiple target groups")
    return targets, _sticky(forward.object("targetGroupStickinessConfig"))


def _target(item: GoObject) -> Target:
    arn, service = item.text("targetGroupARN"), item.text("serviceName")
    port = item.fields.get("serviceport")
    if item.text("targetGroupName") is not None:
        reject("a target group by name: which one it is only the account says")
    if (arn is None) == (service is None):
        reject("precisely one of targetGroupARN and serviceName")
    if service is not None and (not isinstance(port, int | str) or isinstance(port, bool)):
        reject("missing servicePort")
    number = int(port) if isinstance(port, str) and DIGITS.fullmatch(port) else port
    return Target(arn, service or "", number or 0, item.number("weight"))


def _sticky(config: GoObject | None) -> int | None:
    if not config or not config.flag("enabled"):
        return None
    return config.number("durationSeconds") or reject("stickiness without durationSeconds")


def _forward(
    targets: list[Target],
    sticky: int | None,
    ingress: Mapping[str, Any],
    services: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Found:
    """A forward; to one Service that is missing, the answer 503. One of several that is missing fails the group."""
    namespace = ingress["metadata"].get("namespace", "default")
    found = {t.service: services.get((namespace, t.service)) for t in targets if t.arn is None}
    absent = [name for name, service in found.items() if service is None]
    if absent and len(targets) == 1:
        return _missing("Backend service does not exist"), None
    if absent:
        reject(f"services {absent} not found")
    annotations = Annotations.of(ingress)
    backends = []
    for target in targets:
        service = found.get(target.service)
        name = target.arn or _service(service or {}, target.port, annotations)
        backends.append((name, 1 if target.weight is None else target.weight))
    single = found[targets[0].service] if len(targets) == 1 and targets[0].arn is None else None
    return Forward(tuple(backends), sticky), Annotations.of(single) if single else None


def _service(service: Mapping[str, Any], port: int | str, ingress: Annotations) -> str:
    """`namespace/service:port` with the port's number.

    Targets are nodes unless an annotation says `ip`, and then the Service must open a port on them.
    """
    metadata, spec = service["metadata"], service["spec"]
    kind = Annotations.of(service).over(ingress).text("target-type")
    if kind not in {None, "instance", "ip"}:
        reject(f"unknown targetType: {kind}")
    if kind != "ip" and spec.get("type", "ClusterIP") not in {"NodePort", "LoadBalancer"}:
        reject(f"{metadata['name']}: instance targets need a Service of type NodePort or LoadBalancer")
    key = "name" if isinstance(port, str) else "port"
    number = next((item["port"] for item in spec.get("ports") or [] if item.get(key) == port), None)
    if number is None:
        reject(f"unable to find port {port} on service {metadata['name']}")
    return f"{metadata.get('namespace', 'default')}/{metadata['name']}:{number}"


def _transforms(annotations: Annotations, name: str) -> tuple[Transform, ...]:
    return tuple(_transform(item) for item in annotations.json_objects(f"transforms.{name}"))


def _transform(item: GoObject) -> Transform:
    match item.text("type"):
        case "host-header-rewrite":
            return Transform("host-header-rewrite", _rewrites(item, "hostHeaderRewriteConfig"))
        case "url-rewrite":
            return Transform("url-rewrite", _rewrites(item, "urlRewriteConfig"))
        case unknown:
            raise Rejected(f"unknown transform type: {unknown}")


def _rewrites(item: GoObject, name: str) -> tuple[tuple[str, str], ...]:
    config = item.object(name) or reject(f"missing {name}")
    rewrites = config.objects("rewrites") or reject(f"{config.where}.rewrites cannot be empty")
    return tuple((one.text("regex") or "", one.text("replace") or "") for one in rewrites)
