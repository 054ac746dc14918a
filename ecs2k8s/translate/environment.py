"""Environment variables: literal values, files, secrets by reference, and the two that the ECS agent adds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from shlex import quote
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.redacted import REDACTED, looks_secret
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.escape import literal
from ecs2k8s.translate.lifecycle import router_stays
from ecs2k8s.translate.secret_references import key_of

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Workload
    from ecs2k8s.translate.secret_references import SecretReference

CLASSIC_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
AGENT = ("169.254.170.23", "[fd00:ec2::23]")  # of EKS Pod Identity
REGION_NAMES = ("AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(slots=True)
class Environment:
    """`env` of one container, the ConfigMap entries that it reads, and the keys of values that a person must supply."""

    env: list[dict[str, Any]] = field(default_factory=list)
    config: dict[str, str] = field(default_factory=dict)
    redacted: list[str] = field(default_factory=list)


def environment(
    workload: Workload, container: AwsMap, references: list[SecretReference], target: Target
) -> Environment:
    """The environment of *container*. *references* are those of the whole workload."""
    made = Environment()
    literals = _literals(workload, container, made, target)
    secrets = _secrets(workload, container, references, target)
    files = _files(workload, container, literals.keys() | secrets.keys(), made, target)
    entries = literals | secrets | files
    entries |= _region(workload, container, entries)
    entries |= _firelens(workload, container)
    entries |= _no_proxy(entries, target)
    made.env = list(entries.values())
    return made


def _literals(workload: Workload, container: AwsMap, made: Environment, target: Target) -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    places: dict[str, tuple[AwsMap, int]] = {}
    for view, index, item in _items(workload, container):
        name, value = str(item.get("name", "")), str(item.get("value", ""))
        if not _legal(view, ("environment", index, "name"), name, target):
            continue
        if name in entries:  # the last one wins: the agent keeps a map
            del entries[name]
            for key in ("name", "value"):
                note(places[name][0], ("environment", places[name][1], key), "variable-set-again", name=name)
        places[name] = (view, index)
        if value == REDACTED:
            key = f"{key_of(container)}.{name}"
            made.redacted.append(key)
            note(view, ("environment", index, "value"), "plain-secret-redacted", name=name, key=key)
            entries[name] = {
                "name": name,
                "valueFrom": {"secretKeyRef": {"name": f"{workload.name}-redacted", "key": key}},
            }
            continue
        if looks_secret(name, value):
            note(view, ("environment", index, "value"), "plain-secret", name=name)
        entries[name] = {"name": name, "value": literal(value)}
    return entries


def _items(workload: Workload, container: AwsMap) -> list[tuple[AwsMap, int, AwsMap]]:
    """The entries of the task definition, then those of the task's own overrides."""
    overrides = workload.task.get("overrides", {}).get("containerOverrides", [])
    views = [container, *(o for o in overrides if o.get("name") == container["name"])]
    return [(view, index, item) for view in views for index, item in enumerate(view.get("environment", []))]


def _legal(view: AwsMap, at: tuple[str | int, ...], name: str, target: Target) -> bool:
    relaxed = target.at_least("1.34")
    legal = bool(name) and all(" " <= c <= "~" and c != "=" for c in name) if relaxed else CLASSIC_NAME.fullmatch(name)
    if not legal:
        note(view, at, "environment-name-illegal", name=name)
    return bool(legal)


def _secrets(
    workload: Workload, container: AwsMap, references: list[SecretReference], target: Target
) -> dict[str, dict[str, Any]]:
    entries = {}
    for reference in references:
        if reference.container != container["name"]:
            continue
        at = ("secrets", reference.index, "name")
        if _legal(container, at, reference.variable, target):
            source = {"name": reference.secret_name(workload), "key": reference.key}
            entries[reference.variable] = {"name": reference.variable, "valueFrom": {"secretKeyRef": source}}
    return entries


def _files(
    workload: Workload, container: AwsMap, taken: set[str], made: Environment, target: Target
) -> dict[str, dict[str, Any]]:
    """Between files the first wins, and all lose against `environment` and `secrets`."""
    entries: dict[str, dict[str, Any]] = {}
    for index, item in enumerate(container.get("environmentFiles", [])):
        file = workload.environment_files.get(str(item.get("value", "")))
        if file is None:
            given = quote(str(item.get("value", "")))
            note(container, ("environmentFiles", index, "value"), "environment-file-not-given", file=given)
            continue
        for position, variable in enumerate(file.get("variables", [])):
            name = str(variable.get("name", ""))
            if name in taken or name in entries:
                note(file, ("variables", position, "name"), "environment-file-loses", name=name)
                note(file, ("variables", position, "value"), "environment-file-loses", name=name)
            elif "value" not in variable:
                note(file, ("variables", position, "name"), "environment-file-secret", name=name)
            elif _legal(file, ("variables", position, "name"), name, target):
                entries[name] = _file_entry(workload, container, name, str(variable["value"]), made)
    return entries


def _file_entry(workload: Workload, container: AwsMap, name: str, value: str, made: Environment) -> dict[str, Any]:
    key = f"{key_of(container)}.{name}"
    if not re.fullmatch(r"[-._a-zA-Z0-9]+", key):
        return {"name": name, "value": literal(value)}  # no legal ConfigMap key
    made.config[key] = value
    return {"name": name, "valueFrom": {"configMapKeyRef": {"name": f"{workload.name}-env", "key": key}}}


def _region(workload: Workload, container: AwsMap, entries: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The agent sets both variables where none of them is set already; on EKS only the IAM webhooks do."""
    if any(name in entries for name in REGION_NAMES):
        return {}
    if not workload.region:
        note(container, "name", "region-unknown")
        return {}
    note(container, "image", "region-added", region=workload.region)
    return {name: {"name": name, "value": workload.region} for name in REGION_NAMES}


def _no_proxy(entries: dict[str, dict[str, Any]], target: Target) -> dict[str, dict[str, Any]]:
    """Where a proxy is set, what must not go through it: the agent that gives a pod its credentials.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-configure-pods.html. A value from elsewhere stays as it is.
    """
    found = {}
    for form in (str.upper, str.lower) if target.identity == "pod-identity" else ():
        name = form("NO_PROXY")
        given = entries.get(name, {"value": ""}).get("value")
        if given is not None and (name in entries or any(form(each) in entries for each in PROXIES)):
            found[name] = {"name": name, "value": ",".join(part for part in (given, *AGENT) if part)}
    return found


def _firelens(workload: Workload, container: AwsMap) -> dict[str, dict[str, Any]]:
    """A router that stays, because its siblings talk to it, is on localhost in a pod."""
    routed = container.get("logConfiguration", {}).get("logDriver") == "awsfirelens"
    if not routed or not router_stays(workload):
        return {}
    values = {"FLUENT_HOST": "127.0.0.1", "FLUENT_PORT": "24224"}
    return {name: {"name": name, "value": value} for name, value in values.items()}
