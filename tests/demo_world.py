"""The world of `make demo-cutover`: an account, a load balancer that serves, both fleets and an API server, on loopback."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.replay.hook import Hook
from ecs2k8s.replay.server import listening
from ecs2k8s.replay.stand_in import StandIn
from tests.cluster_twin import Twin
from tests.estates import ROOT
from tests.harness.propagation import Delays
from tests.harness.stage import Stage
from tests.replayed import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecs2k8s.core.documents import Document

SCALE = 60.0  # seconds of the account in one of ours


@dataclass(frozen=True, slots=True)
class World:
    stage: Stage
    twin: Twin
    environment: dict[str, str]  # of the terminals: the account, the cluster, and `aws` and `kubectl`

    def tasks(self) -> int:
        """Of the worker, that run on ECS."""
        with self.stage.account.open() as account:
            its = [each for each in account.estate.all("ecs.Service") if each["serviceName"] == "worker"]
        return int(its[0]["runningCount"])

    def pods(self) -> int:
        """That the worker is to have on EKS."""
        live = self.twin.send("GET", "/apis/apps/v1/namespaces/shop/deployments/worker")
        return int(live.get("spec", {}).get("replicas", 0))

    def controllers(self) -> None:
        """What those of a cluster write once they have seen an object; pods there are none."""
        for path, kept in list(self.twin.objects.kept.items()):
            known = {"observedGeneration": kept.generation, "replicas": kept.value.get("spec", {}).get("replicas", 0)}
            states = {"Deployment": known, "ExternalSecret": {"conditions": [{"type": "Ready", "status": "True"}]}}
            if status := states.get(kept.value["kind"]):
                self.twin.patch(path, {"status": status}, "controllers")


@contextmanager
def world(documents: tuple[Document, ...], scratch: Path) -> Iterator[World]:
    """*scratch*: a folder for the kubeconfig and for what stands on the PATH."""
    balancer = next(each.id for each in documents if each.shape == "elbv2.LoadBalancer")
    stage = Stage(documents, balancer, number=ACCOUNT, region=REGION, delays=Delays(50, 10), scale=SCALE)
    try:
        twin = Twin(scratch)
        try:
            with listening(Hook((StandIn(stage.account),))) as url:
                yield World(stage, twin, _environment(scratch, url, twin.kubeconfig()))
        finally:
            twin.close()
    finally:
        stage.close()


def _environment(scratch: Path, url: str, kubeconfig: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ECS2K8S_", "KUBE"))}
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-key", "AWS_CONFIG_FILE": os.devnull}
    places = {"AWS_ENDPOINT_URL": url, "KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(ROOT)}
    path = os.pathsep.join((str(_hands(scratch)), os.environ.get("PATH", os.defpath)))
    return kept | keys | places | {"PATH": path, "PYTHONUNBUFFERED": "1", "LOGNAME": "ann"}


def _hands(scratch: Path) -> Path:
    """`ecs2k8s` of this checkout, and small ones of `aws` and `kubectl`."""
    folder = scratch / "bin"
    folder.mkdir()
    for name, module in (
        ("ecs2k8s", "ecs2k8s"),
        ("aws", "tests.demo_hands aws"),
        ("kubectl", "tests.demo_hands kubectl"),
    ):
        file = folder / name
        file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        file.chmod(0o755)
    return folder
