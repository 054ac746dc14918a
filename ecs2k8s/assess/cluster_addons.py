"""Which add-ons of EKS the generated objects need, and whether the cluster has them.

https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ecs2k8s.assess.cluster_check import Check
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.manifests import pod_template
from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.manifests import Bundle, Manifest
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap

ALWAYS = ("coredns", "kube-proxy", "vpc-cni")
OF_KINDS = {"HorizontalPodAutoscaler": "metrics-server", "VolumeSnapshot": "snapshot-controller"}
OF_DRIVERS = {
    "ebs.csi.aws.com": "aws-ebs-csi-driver",
    "efs.csi.aws.com": "aws-efs-csi-driver",
    "fsx.csi.aws.com": "aws-fsx-csi-driver",
    "s3.csi.aws.com": "aws-mountpoint-s3-csi-driver",
}
IDENTITY = "eks-pod-identity-agent"
LOGS = "amazon-cloudwatch-observability"
IN_AUTO_MODE = {*ALWAYS, "aws-ebs-csi-driver", IDENTITY}  # Auto Mode has them without an add-on
WITH_POLICIES = (1, 14)  # the first VPC CNI that enforces NetworkPolicies


def addon_checks(translation: Translation, target: Target) -> Iterator[Check]:
    cluster = translation.inventory.networks.cluster
    name = cluster.get("name")
    auto = bool(cluster.get("computeConfig", NOTHING).get("enabled"))
    views = translation.inventory.index.views("eks.Addon").values()
    found = {str(view.get("addonName")): view for view in views if view.get("clusterName") == name}
    wanted = [addon for addon in _needed(translation, target) if not (auto and addon in IN_AUTO_MODE)]
    if not found and wanted:
        yield Check("add-ons", "not known", f"none was read; needed are {', '.join(wanted)}")
        return
    for addon in wanted:
        yield _check(addon, found.get(addon, NOTHING), str(name))
    if "vpc-cni" in wanted and "vpc-cni" in found and _has(translation.bundle, "NetworkPolicy"):
        yield _policies(found["vpc-cni"], str(name))


def _needed(translation: Translation, target: Target) -> list[str]:
    kinds = [addon for kind, addon in OF_KINDS.items() if _has(translation.bundle, kind)]
    pods = any(resource.type == "AWS::EKS::PodIdentityAssociation" for resource in translation.resources)
    drivers = {_driver(manifest) for manifest in translation.bundle.manifests}
    storage = [addon for driver, addon in OF_DRIVERS.items() if driver in drivers]
    return [*ALWAYS, *storage, *kinds, *([IDENTITY] if pods else []), *([LOGS] if _logs(translation, target) else [])]


def _logs(translation: Translation, target: Target) -> bool:
    """Whether an agent on the nodes sends logs to CloudWatch; EKS Fargate has a router of its own."""
    pods = (pod_template(manifest).get("metadata", {}) for manifest in translation.bundle.manifests)
    named = any(key.startswith("ecs2k8s.io/log-group") for pod in pods for key in pod.get("annotations", {}))
    return named and target.logging == "cloudwatch" and target.compute != "fargate"


def _driver(manifest: Manifest) -> str:
    """That of a volume or of a class of volumes."""
    spec = manifest.get("spec", {})
    named = spec.get("csi", {}).get("driver", "") if manifest["kind"] == "PersistentVolume" else ""
    return str(named or manifest.get("provisioner", ""))


def _has(bundle: Bundle, kind: str) -> bool:
    return any(manifest["kind"] == kind for manifest in bundle.manifests)


def _check(addon: str, view: AwsMap, cluster: str) -> Check:
    question = f"add-on {addon}"
    if not view:
        finding = Finding.of("cluster-addon-missing", cluster, "", addon=addon)
        return Check(question, "failed", "is not among the add-ons of the cluster", finding)
    status = str(view.get("status", ""))
    if status != "ACTIVE":
        finding = Finding.of("cluster-addon-not-active", cluster, "", addon=addon, status=status)
        return Check(question, "failed", f"its status is {status}", finding)
    return Check(question, "passed", str(view.get("addonVersion", "")))


def _policies(view: AwsMap, cluster: str) -> Check:
    """NetworkPolicies do nothing until the VPC CNI is told to enforce them."""
    version = re.match(r"v?(\d+)\.(\d+)", str(view.get("addonVersion", "")))
    old = version is not None and (int(version[1]), int(version[2])) < WITH_POLICIES
    if old or not _enforces(str(view.get("configurationValues", ""))):
        said = "vpc-cni is older than 1.14" if old else "vpc-cni has no enableNetworkPolicy"
        return Check(
            "policy engine", "failed", said, Finding.of("network-policies-not-enforced", cluster, "", why=said)
        )
    return Check("policy engine", "passed", "vpc-cni has enableNetworkPolicy")


def _enforces(text: str) -> bool:
    """Values are JSON or YAML; the flag is text in both."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return bool(re.search(r"(?m)^\s*enableNetworkPolicy:\s*[\"']?true", text))
    return isinstance(values, dict) and str(values.get("enableNetworkPolicy", "")).lower() == "true"
