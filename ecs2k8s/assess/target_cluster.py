"""Whether the EKS cluster that was read can take what is generated: version, state, network, add-ons, subnets.

What AWS does not show of a cluster, or what was not read, is said to be not known.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from ecs2k8s.assess.cluster_addons import addon_checks
from ecs2k8s.assess.cluster_check import Check
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.formats import diff_command
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.resolve.networks import awsvpc
from ecs2k8s.translate.policy_balancers import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap

LEAST_FREE = 8  # addresses that a load balancer wants in a subnet
LEAST_ZONES = 2  # of an ALB
SCHEME, SUBNETS = "alb.ingress.kubernetes.io/scheme", "alb.ingress.kubernetes.io/subnets"


def cluster_checks(translation: Translation, target: Target) -> list[Check]:
    """The checks of the cluster, in the order of the report; none where it was not read. Call it after the ledger."""
    cluster = translation.inventory.networks.cluster
    if not cluster:
        return []
    name = str(cluster.get("name", ""))
    return [
        *_state(cluster, name),
        _version(cluster, name, target),
        Check("support of the version", "not known", "not read: aws eks describe-cluster-versions"),
        *_compute(cluster, name, target),
        _vpc(translation, cluster, name),
        _family(cluster, name),
        *addon_checks(translation, target),
        *_balancer_subnets(translation, name),
        _endpoint(cluster),
        _access(cluster, name),
        Check("controllers that are no add-ons", "not known", "AWS does not show them: see What the cluster needs"),
        Check("objects that exist already", "not known", f"not read: {diff_command(target.format, 'manifests')}"),
    ]


def _state(cluster: AwsMap, name: str) -> Iterator[Check]:
    status = str(cluster.get("status", ""))
    if not status:
        yield Check("status", "not known", "what was read does not say it")
    elif status != "ACTIVE":
        yield Check("status", "failed", status, Finding.of("cluster-not-active", name, "status", status=status))
    else:
        yield Check("status", "passed", status)
    codes = sorted({str(issue.get("code", "")) for issue in cluster.get("health", NOTHING).get("issues", [])})
    if codes:
        said = ", ".join(codes)
        yield Check("health", "failed", said, Finding.of("cluster-unhealthy", name, "health", issues=said))


def _version(cluster: AwsMap, name: str, target: Target) -> Check:
    version, made = str(cluster.get("version", "")), target.kubernetes_version
    if version and version != made:
        finding = Finding.of("cluster-of-another-version", name, "version", version=version, made=made)
        return Check("version", "failed", f"{version}; the manifests are for {made}", finding)
    return Check("version", "passed" if version else "not known", version or "what was read does not say it")


def _compute(cluster: AwsMap, name: str, target: Target) -> Iterator[Check]:
    auto = bool(cluster.get("computeConfig", NOTHING).get("enabled"))
    if target.compute == "auto-mode" and not auto:
        yield Check("Auto Mode", "failed", "is not enabled", Finding.of("auto-mode-not-enabled", name, "computeConfig"))
    elif target.compute == "auto-mode":
        yield Check("Auto Mode", "passed", "is enabled")


def _vpc(translation: Translation, cluster: AwsMap, name: str) -> Check:
    """Groups and target groups serve one VPC, so a cluster elsewhere cannot take them over."""
    vpc = str(cluster.get("resourcesVpcConfig", NOTHING).get("vpcId", ""))
    known = translation.inventory.networks.subnets
    subnets = {str(subnet) for w in translation.translated for subnet in awsvpc(w).get("subnets", [])}
    others = sorted({str(known.get(subnet, NOTHING).get("VpcId", "")) for subnet in subnets} - {""})
    if not vpc or not others:
        return Check("same VPC", "not known", "the VPC of the cluster or of the services was not read")
    if others != [vpc]:
        said = f"services are in {', '.join(others)}, the cluster is in {vpc}"
        finding = Finding.of("cluster-in-another-vpc", name, "resourcesVpcConfig.vpcId", said=said)
        return Check("same VPC", "failed", said, finding)
    return Check("same VPC", "passed", vpc)


def _family(cluster: AwsMap, name: str) -> Check:
    family = str(cluster.get("kubernetesNetworkConfig", NOTHING).get("ipFamily", "ipv4"))
    if family == "ipv6":
        return Check("addresses", "failed", family, Finding.of("cluster-of-ipv6", name, "kubernetesNetworkConfig"))
    return Check("addresses", "passed", family)


def _endpoint(cluster: AwsMap) -> Check:
    """From where the API can be reached; where people and pipelines are is in no document of AWS."""
    network = cluster.get("resourcesVpcConfig", NOTHING)
    ranges = ", ".join(str(each) for each in network.get("publicAccessCidrs", []))
    ways = [f"from {ranges or 'the internet'}"] if network.get("endpointPublicAccess") else []
    ways += ["from the VPC"] if network.get("endpointPrivateAccess") else []
    said = " and ".join(ways) or "not read"
    return Check("reach of the API", "not known", f"{said}; compare with where deployments run")


def _access(cluster: AwsMap, name: str) -> Check:
    mode = str(cluster.get("accessConfig", NOTHING).get("authenticationMode", "")) or "mode not read"
    command = f"aws eks list-access-entries --cluster-name {quote(name)}"
    return Check("access of who deploys", "not known", f"{mode}; entries are not read: {command}")


def _balancer_subnets(translation: Translation, name: str) -> Iterator[Check]:
    """Whether a new load balancer has room: in the subnets that its Ingress names, else in those with the tag."""
    wanted: set[tuple[str, str]] = set()
    for manifest in translation.bundle.manifests:
        if manifest["kind"] == "Ingress":
            annotations = manifest["metadata"].get("annotations", {})
            wanted.add((annotations.get(SCHEME, "internal"), annotations.get(SUBNETS, "")))
    for scheme, named in sorted(wanted):
        yield _room(translation, scheme, {part.strip() for part in named.split(",")} - {""}, name)


def _room(translation: Translation, scheme: str, named: set[str], name: str) -> Check:
    networks = translation.inventory.networks
    vpc = networks.cluster.get("resourcesVpcConfig", NOTHING).get("vpcId")
    tagged = [v for v in networks.subnets.values() if vpc and v.get("VpcId") == vpc and _has_role(v, ROLES[scheme])]
    found = [networks.subnets[each] for each in sorted(named) if each in networks.subnets] if named else tagged
    question, which = f"subnets for {scheme} load balancers", ", ".join(sorted(named)) or f"tag {ROLES[scheme]}"
    if not networks.subnets or len(found) < len(named):
        return Check(question, "not known", f"not read: {which}")
    roomy = [view for view in found if int(view.get("AvailableIpAddressCount", LEAST_FREE)) >= LEAST_FREE]
    zones = {str(view.get("AvailabilityZone", view.get("SubnetId", ""))) for view in roomy}
    said = f"{which}: {len(zones)} zones with {LEAST_FREE} free addresses"
    if len(zones) < LEAST_ZONES:
        args = {"which": which, "scheme": scheme, "zones": str(len(zones))}
        return Check(question, "failed", said, Finding.of("balancer-subnets-missing", name, "", **args))
    return Check(question, "passed", said)


def _has_role(view: AwsMap, role: str) -> bool:
    return any(tag.get("Key") == role and tag.get("Value", "") in ("", "1") for tag in view.get("Tags", []))
