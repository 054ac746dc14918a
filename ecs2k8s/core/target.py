"""The user's choices: target.yaml and `--set`."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import yaml

from ecs2k8s.core.errors import MappingError, TargetError
from ecs2k8s.core.formats import Format
from ecs2k8s.core.mappings import StrictLoader, load_yaml
from ecs2k8s.core.splits import Split, read_splits
from ecs2k8s.core.yaml_lines import problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.core.documents import Snapshot

Version = Literal["1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37"]


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the manifests are made for. Every field has a default; `docs/target.md` gives the reasons."""

    kubernetes_version: Version = "1.34"
    eks_cluster: str = ""
    account: str = ""
    region: str = ""
    namespaces: str | dict[str, str] = "cluster"
    routing: Literal["ingress", "gateway", "existing-alb"] = "ingress"
    shift: Literal["weighted-target-groups", "weighted-dns"] = "weighted-target-groups"
    target_groups: dict[str, str] = {}
    network: Literal["network-policy", "security-group-policy", "both", "none"] = "network-policy"
    secrets: Literal["external-secrets", "csi-driver"] = "external-secrets"
    autoscaling: Literal["hpa", "keda"] = "hpa"
    identity: Literal["irsa", "pod-identity"] = "irsa"
    harden: bool = False
    compute: Literal["existing", "karpenter", "fargate", "auto-mode"] = "existing"
    fargate_fit: bool = False
    background: Literal["ecs", "eks"] = "ecs"
    format: Format = "kustomize"
    delivery: Literal["none", "argo-cd"] = "none"
    delivery_repository: str = ""
    rollouts: bool = False
    splits: dict[str, Split] = {}
    env_files: dict[str, str] = {}
    owners: dict[str, str] = {}
    slos: dict[str, float] = {}
    logging: Literal["cloudwatch", "loki", "none"] = "cloudwatch"
    monitoring: Literal["cloudwatch", "prometheus", "none"] = "cloudwatch"

    @property
    def chosen(self) -> frozenset[str]:
        """The values of the choices, as rows of the tables name them."""
        watched = {f"logging-{self.logging}", f"monitoring-{self.monitoring}"}
        rollouts = {"rollouts"} if self.rollouts else set()
        choices = {self.compute, self.background, self.routing, self.shift, self.network, self.secrets}
        return frozenset({*choices, self.autoscaling, self.identity, *watched, *rollouts})

    @property
    def network_policies(self) -> bool:
        return self.network in ("network-policy", "both")

    @property
    def security_group_policies(self) -> bool:
        return self.network in ("security-group-policy", "both")

    @property
    def binds_target_groups(self) -> bool:
        """Whether weights on the old load balancer shift the traffic, to new target groups that pods are bound to."""
        return self.routing == "existing-alb" or self.shift == "weighted-target-groups"

    def at_least(self, version: Version) -> bool:
        """Whether the cluster runs Kubernetes *version* or a later minor."""
        return _minor(self.kubernetes_version) >= _minor(version)

    @property
    def pod_level_resources(self) -> bool:
        """Whether pod-level requests and limits may be used.

        Beta and on by default from 1.34. Older node autoscalers see only container requests and start nodes that are
        too small, so an autoscaler that is not known counts as too old
        (https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/2837-pod-level-resource-spec).
        """
        return self.at_least("1.34") and self.compute in ("karpenter", "auto-mode")


WHOLE = 100  # per cent
TARGET_GROUP = re.compile(r"arn:[a-z0-9-]+:elasticloadbalancing:[a-z0-9-]*:[0-9]*:targetgroup/[^\s/]+/[^\s/]+")


@cache
def choices() -> Mapping[str, Mapping[str, str]]:
    """mappings/target.yaml: each choice with its `text` and the `reason` of its default, in the order of the file."""
    found: dict[str, dict[str, str]] = load_yaml("target.yaml")
    return found


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def given(text: bytes | str, sets: tuple[str, ...] = (), name: str = "target.yaml") -> dict[str, Any]:
    """The choices in *text* (YAML), with each `key=value` of *sets* on top. Raises `TargetError` naming the key."""
    value = _read(text, name) or {}
    if not isinstance(value, dict):
        raise TargetError(f"{name}: expected a map of choices")
    for pair in sets:
        key, equals, chosen = pair.partition("=")
        if not equals:
            raise TargetError(f"--set {pair}: expected key=value")
        value[key] = _read(chosen, f"--set {pair}") if key != "kubernetes_version" else chosen
    return value


def _read(text: bytes | str, name: str) -> Any:
    try:
        return yaml.load(text, StrictLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise TargetError(f"{name}: {problem(error)}") from error
    except (MappingError, RecursionError, ValueError) as error:
        raise TargetError(f"{name}: {error}") from error


def load(text: bytes | str, sets: tuple[str, ...] = (), name: str = "target.yaml") -> Target:
    """The choices with their defaults. Raises `TargetError` naming the key."""
    return convert(given(text, sets, name), name)


def of_cluster(target: Target, snapshot: Snapshot) -> Target:
    """*target* with the version of the EKS cluster that it names, where the snapshot has that cluster."""
    for document in snapshot.of("eks.Cluster"):
        if target.eks_cluster in (document.data.get("name"), document.id):
            version = {"kubernetes_version": document.data.get("version")}
            return convert(msgspec.structs.asdict(target) | version, f"EKS cluster {target.eks_cluster}")
    return target


def convert(value: dict[str, Any], name: str = "target.yaml") -> Target:
    if isinstance(value.get("kubernetes_version"), float):
        value = value | {"kubernetes_version": str(value["kubernetes_version"])}
    try:
        if value.get("splits") is not None:
            value = value | {"splits": read_splits(value["splits"])}
    except TargetError as error:
        raise TargetError(f"{name}: {error}") from error
    try:
        target = msgspec.convert(value, Target)
    except msgspec.ValidationError as error:
        raise TargetError(f"{name}: {error}; the keys are {', '.join(Target.__struct_fields__)}") from error
    for first, second in target.target_groups.items():
        if not (TARGET_GROUP.fullmatch(first) and TARGET_GROUP.fullmatch(second)):
            raise TargetError(f"{name}: target_groups: {first}: {second}: expected two ARNs of target groups")
        if first == second:
            raise TargetError(f"{name}: target_groups: {first}: the second one must be another")
    for workload, percent in target.slos.items():
        if not 0 < percent < WHOLE:
            raise TargetError(f"{name}: slos: {workload}: {percent:g}: expected per cent above 0 and below {WHOLE}")
    return target
