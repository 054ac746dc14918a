"""Which instances a node pool may start, from the attributes that a provider of ECS Managed Instances asks for.

Labels: https://karpenter.sh/docs/concepts/scheduling/ and, for Auto Mode,
https://docs.aws.amazon.com/eks/latest/userguide/create-node-pool.html. What is not given has the defaults of
attribute-based selection: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceRequirementsRequest.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.instance_types import families, whole_families
from ecs2k8s.core.tracking import NOTHING, note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.resolve.workload import AwsMap

Requirement = dict[str, Any]
AT = ("managedInstancesProvider", "instanceLaunchTemplate")
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
CAPACITY_TYPE = "karpenter.sh/capacity-type"
LABELS = {"karpenter": "karpenter.k8s.aws/", "auto-mode": "eks.amazonaws.com/"}  # by the choice `compute`
GENERAL = ["c", "m", "r"]  # categories of instance types for what asks for nothing special
MANUFACTURERS = {"intel": "intel", "amd": "amd", "amazon-web-services": "aws"}
CAPACITY_TYPES = {"ON_DEMAND": "on-demand", "SPOT": "spot"}
RANGES = {"vCpuCount": "instance-cpu", "memoryMiB": "instance-memory"}
BURSTABLE = {"excluded": "NotIn", "required": "In"}
LOCAL = {"required": "Exists", "excluded": "DoesNotExist"}


def requirement(key: str, operator: str, *values: str) -> Requirement:
    """One entry of `NodePool.spec.template.spec.requirements`."""
    return {"key": key, "operator": operator} | ({"values": list(values)} if values else {})


def categories(compute: str) -> Requirement:
    return requirement(f"{LABELS[compute]}instance-category", "In", *GENERAL)


def of_managed_instances(provider: AwsMap, compute: str) -> list[Requirement]:
    """What the nodes in place of a provider of Managed Instances must be."""
    template = provider["managedInstancesProvider"].get("instanceLaunchTemplate", NOTHING)
    out = [requirement(CAPACITY_TYPE, "In", _capacity_type(provider, template))]
    asked = template.get("instanceRequirements", NOTHING)
    return [*out, *(_asked(asked, LABELS[compute]) if asked else [categories(compute)])]


def _capacity_type(provider: AwsMap, template: AwsMap) -> str:
    given = str(template.get("capacityOptionType", "ON_DEMAND"))
    if given not in CAPACITY_TYPES:
        note(provider, (*AT, "capacityOptionType"), "capacity-reservation-not-carried", given=given)
    return CAPACITY_TYPES.get(given, "on-demand")


def _asked(asked: AwsMap, prefix: str) -> Iterator[Requirement]:
    for name, label in RANGES.items():
        yield from _range(asked.get(name, NOTHING), prefix + label)
    yield from _manufacturers(asked, prefix)
    burstable = BURSTABLE.get(str(asked.get("burstablePerformance", "excluded")))
    if burstable:
        yield requirement(f"{prefix}instance-category", burstable, "t")
    local = LOCAL.get(str(asked.get("localStorage", "included")))
    if local:
        yield requirement(f"{prefix}instance-local-nvme", local)
    for name, operator in (("allowedInstanceTypes", "In"), ("excludedInstanceTypes", "NotIn")):
        yield from _types(asked, name, operator, prefix)


def _range(bounds: AwsMap, key: str) -> Iterator[Requirement]:
    """`Gt` and `Lt` are strict; the operators that are not are missing in older versions."""
    if bounds.get("min", 0) > 0:
        yield requirement(key, "Gt", str(bounds["min"] - 1))
    if "max" in bounds:
        yield requirement(key, "Lt", str(bounds["max"] + 1))


def _manufacturers(asked: AwsMap, prefix: str) -> Iterator[Requirement]:
    values = []
    for index, name in enumerate(asked.get("cpuManufacturers", [])):
        if name in MANUFACTURERS:
            values.append(MANUFACTURERS[name])
        else:
            note(asked, ("cpuManufacturers", index), "instance-attribute-not-carried", value=name)
    if values:
        yield requirement(f"{prefix}instance-cpu-manufacturer", "In", *dict.fromkeys(values))


def _types(asked: AwsMap, name: str, operator: str, prefix: str) -> Iterator[Requirement]:
    """The types that the names and patterns (`m5.*`) stand for, as families where they are whole ones."""
    found: dict[str, None] = {}
    for index, pattern in enumerate(asked.get(name, [])):
        matched = types_like(str(pattern))
        if not matched:
            note(asked, (name, index), "instance-attribute-not-carried", value=pattern)
        found |= dict.fromkeys(matched)
    whole = whole_families(found)
    if whole:
        yield requirement(f"{prefix}instance-family", operator, *whole)
    elif found:
        yield requirement(INSTANCE_TYPE, operator, *sorted(found))


def types_like(pattern: str) -> list[str]:
    """All instance types that *pattern* names, where `*` stands for any text, sorted."""
    wanted = re.compile(".*".join(re.escape(part) for part in pattern.split("*")))
    return sorted(name for names in families().values() for name in names if wanted.fullmatch(name))
