"""What runs in a cluster by itself, for `make demo-cutover`: pods for Deployments, targets for bindings, secrets.

It looks at the API server in memory, as the controllers of a real one do, runs the pods as servers on the stage, and
writes what became of them.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.checks.health import selected
from tests.harness.cluster import Template
from tests.harness.server import Behaviour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.manifests import Manifest
    from tests.cluster_twin import Twin
    from tests.harness.stage import Stage

EVERY = 0.1  # seconds
WRITER = "controllers"
SYSTEM = "kube-system"
GATE = "target-health.elbv2.k8s.aws"
# Of add-ons: the kinds that they define, and the Deployment that looks after them.
ADD_ONS = {
    "aws-load-balancer-controller": ("elbv2.k8s.aws", "v1beta1", ("TargetGroupBinding",)),
    "external-secrets": ("external-secrets.io", "v1", ("ExternalSecret", "SecretStore")),
}
READY = {"type": "Ready", "status": "True"}


@dataclass(frozen=True, slots=True)
class Controllers:
    stage: Stage
    twin: Twin
    gates: dict[str, list[str]] = field(default_factory=dict)  # of the pods of a Deployment, as it was first applied

    def look(self) -> None:
        """At everything, once."""
        for each in self._all("/apis/external-secrets.io/v1/externalsecrets"):
            self._say("/apis/external-secrets.io/v1", "externalsecrets", each, {"conditions": [READY]})
        for each in self._all("/apis/apps/v1/deployments"):
            if each["metadata"]["namespace"] != SYSTEM:
                self._deployment(each)

    def _deployment(self, its: Manifest) -> None:
        name, wanted = _named(its), int(its["spec"].get("replicas", 1))
        if name not in self.gates:
            self.gates[name] = [self._bound(binding, name) for binding in self._bindings(its)]
        running = len(self.stage.pods(name))
        if running < wanted:
            self.stage.deploy(name, wanted - running, _template(its, gate=bool(self.gates[name])))
        elif running > wanted:
            self.stage.scale_down(name, wanted)
        ready = self._pods(its, self.stage.pods(name))
        counts = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas", "availableReplicas"), ready)
        self._say("/apis/apps/v1", "deployments", its, {"observedGeneration": its["metadata"]["generation"], **counts})

    def _bindings(self, its: Manifest) -> Iterator[Manifest]:
        """Those whose Service selects the pods."""
        space, labels = its["metadata"]["namespace"], its["spec"]["template"]
        services = {each["metadata"]["name"]: each for each in self._all(f"/api/v1/namespaces/{space}/services")}
        for each in self._all(f"/apis/elbv2.k8s.aws/v1beta1/namespaces/{space}/targetgroupbindings"):
            service = services.get(each["spec"]["serviceRef"]["name"])
            if service and selected(labels, service["spec"].get("selector") or {}):
                yield each

    def _bound(self, binding: Manifest, deployment: str) -> str:
        group = binding["spec"]["targetGroupName"]
        with self.stage.account.open() as account:
            [found] = account.estate.where("elbv2.TargetGroup", TargetGroupName=group)
        self.stage.bind(found["TargetGroupArn"], deployment)
        return str(binding["metadata"]["name"])

    def _pods(self, its: Manifest, running: dict[str, bool]) -> int:
        """Write those that run, and delete the others. How many are ready."""
        space, name = its["metadata"]["namespace"], its["metadata"]["name"]
        folder = f"/api/v1/namespaces/{space}/pods"
        pods = {
            f"{name}-{address.replace('.', '-')}": _pod(its, self.gates[_named(its)], address, ready=ready)
            for address, ready in running.items()
        }
        for ident, pod in pods.items():
            self.twin.apply(f"{folder}/{ident}", pod | {"metadata": pod["metadata"] | {"name": ident}}, WRITER)
        own = [each for each in self._all(folder) if selected(each, its["spec"]["selector"]["matchLabels"])]
        for gone in {each["metadata"]["name"] for each in own} - pods.keys():
            self.twin.send("DELETE", f"{folder}/{gone}")
        return sum(running.values())

    def _all(self, path: str) -> list[Manifest]:
        found: list[Manifest] = self.twin.send("GET", path)["items"]
        return found

    def _say(self, root: str, plural: str, its: Manifest, status: Any) -> None:
        at = f"{root}/namespaces/{its['metadata']['namespace']}/{plural}/{its['metadata']['name']}"
        self.twin.patch(at, {"status": status}, WRITER)


def _named(its: Manifest) -> str:
    return f"{its['metadata']['namespace']}/{its['metadata']['name']}"


def _template(its: Manifest, *, gate: bool) -> Template:
    """Pods end as the manifest says."""
    spec = its["spec"]["template"]["spec"]
    hooks = (each.get("lifecycle", {}).get("preStop", {}).get("sleep", {}) for each in spec["containers"])
    waits = max((float(each.get("seconds", 0)) for each in hooks), default=0.0)
    return Template(Behaviour("eks"), waits, float(spec.get("terminationGracePeriodSeconds", 30)), gate)


def _pod(its: Manifest, gates: list[str], address: str, *, ready: bool) -> Manifest:
    template = its["spec"]["template"]
    names = [each["name"] for each in template["spec"]["containers"]]
    condition = READY if ready else READY | {"status": "False"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": its["metadata"]["namespace"], "labels": template["metadata"]["labels"]},
        "spec": template["spec"] | {"readinessGates": [{"conditionType": f"{GATE}/{each}"} for each in gates]},
        "status": {
            "phase": "Running",
            "podIP": address,
            "conditions": [condition],
            "containerStatuses": [{"name": name, "ready": ready, "restartCount": 0} for name in names],
        },
    }


@contextmanager
def controllers(stage: Stage, twin: Twin) -> Iterator[None]:
    """They look again and again until the end of the block, which raises what went wrong with them."""
    _install(twin)
    its, over = Controllers(stage, twin), threading.Event()

    def run() -> None:
        while not over.wait(EVERY):
            its.look()

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(run)
        try:
            yield
        finally:
            over.set()
            running.result()


def _install(twin: Twin) -> None:
    """The add-ons that the manifests need."""
    for name, (group, version, kinds) in ADD_ONS.items():
        for kind in kinds:
            plural = f"{kind.lower()}s.{group}"
            spec = {"group": group, "names": {"kind": kind}, "versions": [{"name": version, "served": True}]}
            made = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": spec}
            folder = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
            twin.apply(f"{folder}/{plural}", made | {"metadata": {"name": plural}}, WRITER)
        about = {"name": name, "namespace": SYSTEM, "labels": {"app.kubernetes.io/name": name}}
        pods = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "status": {"readyReplicas": 2}}
        twin.apply(f"/apis/apps/v1/namespaces/{SYSTEM}/deployments/{name}", pods, WRITER)
