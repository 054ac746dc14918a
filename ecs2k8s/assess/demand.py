"""What the generated pods ask of nodes: how many there can be at once, and how large each is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import TEMPLATES
from ecs2k8s.translate.capacity import PROVIDER
from ecs2k8s.translate.deployment import desired

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.manifests import Bundle, Manifest

SUFFIXES = {"": Decimal(1), "m": Decimal("0.001"), "k": Decimal(1000), "M": Decimal(10**6), "G": Decimal(10**9)}
SUFFIXES |= {"Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40)}
QUANTITY = re.compile(r"(?P<number>[0-9]{1,18}(\.[0-9]{1,9})?)(?P<suffix>m|k|M|G|Ki|Mi|Gi|Ti|)")
REPLICATED = ("Deployment", "StatefulSet")
SCALED_BY = {"HorizontalPodAutoscaler": "maxReplicas", "ScaledObject": "maxReplicaCount"}


@dataclass(frozen=True, slots=True)
class Demand:
    """The pods of one workload; `cpu` in millicores and `memory` in MiB are what the scheduler counts for each.

    `count` is the most that there can be at once: at the upper limit of its scaling, with those that a rollout adds.
    """

    namespace: str
    name: str
    kind: str
    count: int
    cpu: int
    memory: int
    selector: tuple[tuple[str, str], ...] = ()  # labels that the node must have
    branch: bool = False  # has security groups of its own
    on_node_network: bool = False

    @property
    def architecture(self) -> str:
        """Empty: any."""
        return dict(self.selector).get("kubernetes.io/arch", "")

    @property
    def provider(self) -> str:
        """The capacity provider whose nodes it must run on; empty: any."""
        return dict(self.selector).get(PROVIDER, "")

    @property
    def windows(self) -> bool:
        return dict(self.selector).get("kubernetes.io/os") == "windows"


def demands(translation: Translation) -> list[Demand]:
    """What each workload asks for, in order of namespace, kind and name."""
    counts = {(w.namespace, w.name): desired(w) for w in translation.translated if w.kind == "Deployment"}
    ceilings = _ceilings(translation.bundle)
    policies = [manifest for manifest in translation.bundle.manifests if manifest["kind"] == "SecurityGroupPolicy"]
    found: dict[tuple[str, str, str], Demand] = {}
    for manifest in translation.bundle.manifests:
        if manifest["kind"] in TEMPLATES:
            space, name = manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]
            most = max(counts.get((space, name), 0), ceilings.get((space, name), 0))
            found.setdefault((space, manifest["kind"], name), _demand(manifest, most, policies))
    return [found[key] for key in sorted(found)]


def _ceilings(bundle: Bundle) -> dict[tuple[str, str], int]:
    """The most replicas that an autoscaler makes of a workload."""
    found: dict[tuple[str, str], int] = {}
    for manifest in bundle.manifests:
        if key := SCALED_BY.get(manifest["kind"]):
            spec = manifest["spec"]
            scaled = (manifest["metadata"].get("namespace", ""), spec["scaleTargetRef"]["name"])
            found[scaled] = max(found.get(scaled, 0), int(spec.get(key, 0)))
    return found


def _demand(manifest: Manifest, most: int, policies: list[Manifest]) -> Demand:
    template: Any = manifest
    for step in TEMPLATES[manifest["kind"]]:
        template = template[step]
    spec = template["spec"]
    labels = template["metadata"].get("labels", {})
    metadata = manifest["metadata"]
    return Demand(
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        kind=manifest["kind"],
        count=_count(manifest, most),
        cpu=_asked(spec, "cpu"),
        memory=_asked(spec, "memory"),
        selector=tuple(sorted(spec.get("nodeSelector", {}).items())),
        branch=any(_selects(policy, metadata.get("namespace", ""), labels) for policy in policies),
        on_node_network=bool(spec.get("hostNetwork")),
    )


def _selects(policy: Manifest, namespace: str, labels: dict[str, str]) -> bool:
    if policy["metadata"].get("namespace", "") != namespace:
        return False
    wanted: dict[str, str] = policy["spec"]["podSelector"]["matchLabels"]
    return wanted.items() <= labels.items()


def _count(manifest: Manifest, most: int) -> int:
    """With the pods that a rollout adds. A daemon is on every node, which is counted there."""
    spec = manifest["spec"]
    if manifest["kind"] not in REPLICATED:
        run = spec["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else spec
        return 0 if manifest["kind"] == "DaemonSet" else int(run.get("parallelism", 1))
    replicas = max(most, int(spec.get("replicas", 1)))
    surge = spec.get("strategy", {}).get("rollingUpdate", {}).get("maxSurge", "25%")
    return replicas + (-(-replicas * int(surge[:-1]) // 100) if isinstance(surge, str) else int(surge))


def _asked(spec: dict[str, Any], what: str) -> int:
    """What the scheduler counts: of the pod where it says it, else the sum, or the largest initialisation."""
    if (whole := spec.get("resources", {}).get("requests", {}).get(what)) is not None:
        return quantity(whole, what)
    init = spec.get("initContainers", [])
    sidecars = sum(_requests([c for c in init if c.get("restartPolicy") == "Always"], what))
    first = max(_requests([c for c in init if c.get("restartPolicy") != "Always"], what), default=0)
    return max(sidecars + sum(_requests(spec["containers"], what)), first)


def _requests(containers: Iterable[dict[str, Any]], what: str) -> Iterator[int]:
    return (quantity(c.get("resources", {}).get("requests", {}).get(what, "0"), what) for c in containers)


def quantity(text: str, what: str) -> int:
    """A quantity in millicores, or in MiB, rounded up."""
    found = QUANTITY.fullmatch(str(text))
    if not found:
        return 0
    amount = Decimal(found["number"]) * SUFFIXES[found["suffix"]]
    return int((amount * 1000 if what == "cpu" else amount / SUFFIXES["Mi"]).to_integral_value(ROUND_CEILING))
