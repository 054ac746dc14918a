"""What EKS Fargate cannot run, said where the input asks for it.

https://docs.aws.amazon.com/eks/latest/userguide/fargate.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import note
from ecs2k8s.translate.efs import handle_of

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap, Workload

SLUG = "not-on-fargate"
At = tuple[str | int, ...]


def say_fargate_limits(workload: Workload) -> None:
    """An error on each field that makes the pod stay pending or be rejected on EKS Fargate."""
    definition = workload.definition
    if workload.kind == "DaemonSet":
        note(workload.service, "schedulingStrategy", SLUG, what="a DaemonSet")
    if workload.network_mode == "host":
        note(definition, "networkMode", SLUG, what="a pod on the node's network")
    if workload.is_windows and "runtimePlatform" in definition:
        note(definition, ("runtimePlatform", "operatingSystemFamily"), SLUG, what="Windows")
    for key in ("pidMode", "ipcMode"):
        if definition.get(key) == "host":
            note(definition, key, SLUG, what="a pod in the node's namespaces")
    for index, volume in enumerate(definition.get("volumes", [])):
        _volume(definition, index, volume)
    for container in workload.containers:
        _container(workload, container)


def _volume(definition: AwsMap, index: int, volume: AwsMap) -> None:
    if volume.get("host", {}).get("sourcePath"):
        note(definition, ("volumes", index, "host", "sourcePath"), SLUG, what="a directory of the node")
    if volume.get("configuredAtLaunch"):
        note(definition, ("volumes", index, "configuredAtLaunch"), SLUG, what="an EBS volume")
    if volume.get("dockerVolumeConfiguration", {}).get("scope") == "shared" and not handle_of(volume):
        note(definition, ("volumes", index, "dockerVolumeConfiguration", "scope"), SLUG, what="a directory of the node")


def _container(workload: Workload, container: AwsMap) -> None:
    if container.get("privileged"):
        note(container, "privileged", SLUG, what="a privileged container")
    for index, item in enumerate(container.get("resourceRequirements", [])):
        if item.get("type") in ("GPU", "NeuronDevice"):
            note(container, ("resourceRequirements", index, "type"), SLUG, what="a GPU or Neuron device")
    for index, mapping in enumerate(container.get("portMappings", [])):
        if workload.network_mode == "bridge" and mapping.get("hostPort"):
            note(container, ("portMappings", index, "hostPort"), SLUG, what="a port of the node")
