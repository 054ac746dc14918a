"""What the controllers of a cluster do while a unit is rehearsed: pods of a Deployment, and targets of a binding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecs2k8s.core.manifests import Manifest
    from tests.cutover_scene import Scene

NETWORKS = ("10.20.16", "10.20.32", "10.20.48")  # the private subnets of the sample, one in each zone


@dataclass
class Controllers:
    """They look whenever the cluster is asked for something."""

    scene: Scene
    registered: dict[str, set[str]] = field(default_factory=dict)  # addresses by name of the target group

    def watch(self) -> None:
        self.scene.twin.faults = lambda *_: self.look()

    def look(self) -> None:
        for at, deployment in self._all("Deployment"):
            self._run(at, deployment)
        gone = [at for at, pod in self._all("Pod") if pod["metadata"]["annotations"]["of"] not in self._kept]
        for at in gone:
            del self._kept[at]
        bound = {each["spec"]["targetGroupName"]: each for _, each in self._all("TargetGroupBinding")}
        for name in self.registered.keys() | bound.keys():
            self._bind(name, self._addresses(bound[name]) if name in bound else set())

    @property
    def _kept(self) -> dict[str, Any]:
        return self.scene.twin.objects.kept

    def _all(self, kind: str) -> list[tuple[str, Manifest]]:
        return [(at, each.value) for at, each in list(self._kept.items()) if each.value["kind"] == kind]

    def _run(self, at: str, deployment: Manifest) -> None:
        space = deployment["metadata"]["namespace"]
        for number in range(int(deployment["spec"].get("replicas", len(NETWORKS)))):
            name = f"{deployment['metadata']['name']}-{number}"
            pod = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": name,
                    "namespace": space,
                    "labels": deployment["spec"]["template"]["metadata"]["labels"],
                    "annotations": {"of": at},
                },
                "status": {
                    "podIP": f"{NETWORKS[number % len(NETWORKS)]}.{200 + number}",
                    "conditions": [{"type": "Ready", "status": "True"}],
                },
            }
            path = f"/api/v1/namespaces/{space}/pods/{name}"
            if path not in self._kept:
                self.scene.twin.objects.make(path, pod, ("kubelet", "Update"))

    def _addresses(self, binding: Manifest) -> set[str]:
        space, name = binding["metadata"]["namespace"], binding["spec"]["serviceRef"]["name"]
        service = self._kept[f"/api/v1/namespaces/{space}/services/{name}"].value
        wanted = service["spec"]["selector"].items()
        return {pod["status"]["podIP"] for _, pod in self._all("Pod") if wanted <= pod["metadata"]["labels"].items()}

    def _bind(self, name: str, addresses: set[str]) -> None:
        groups = {each["TargetGroupName"]: each for each in self.scene.stand.all("elbv2.TargetGroup")}
        before = self.registered.get(name, set())
        self.registered[name] = addresses
        if name not in groups or before == addresses:
            return
        arn, port, elb = groups[name]["TargetGroupArn"], groups[name]["Port"], self.scene.stand.client("elbv2")
        if new := [{"Id": each, "Port": port} for each in sorted(addresses - before)]:
            elb.register_targets(TargetGroupArn=arn, Targets=new)
        if old := [{"Id": each, "Port": port} for each in sorted(before - addresses)]:
            elb.deregister_targets(TargetGroupArn=arn, Targets=old)
