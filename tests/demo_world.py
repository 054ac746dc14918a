"""The world of `make demo-cutover`: an account, a load balancer that serves, both fleets and an API server, on loopback."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.replay.hook import Hook
from ecs2k8s.replay.server import listening
from ecs2k8s.replay.stand_in import StandIn
from ecs2k8s.replay.state_queues import Queues
from tests.cluster_twin import Twin
from tests.demo_controllers import controllers
from tests.demo_program import CLOCK
from tests.estates import ROOT
from tests.harness.propagation import Delays
from tests.harness.stage import Stage
from tests.replayed import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecs2k8s.core.documents import Document
    from tests.harness.load import Load

SCALE = 40.0  # seconds of the account in one of ours
PERIOD = 60.0
STARTED = 30.0  # seconds of ours, until tasks run that are wanted
REQUESTS = 1_000  # in a minute of the account, where the machine can do that
QUEUE = "shop-orders"  # that the worker consumes, and nobody measures
PATH = "/api/*"  # of the rule whose requests the backend answers


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of the requests so far; `share`: the part of EKS in the last whole minute."""

    requests: int
    ecs: int
    eks: int
    failed: int
    share: float

    def __str__(self) -> str:
        sides = f"ECS answered {self.ecs:,}, EKS {self.eks:,}, and {self.failed} failed"
        return f"{self.requests:,} requests so far: {sides}. EKS had {self.share:.1%} of the last minute."


@dataclass(frozen=True, slots=True)
class World:
    stage: Stage
    twin: Twin
    load: Load
    environment: dict[str, str]  # of the terminals: the account, the cluster, and `aws` and `kubectl`

    def counted(self) -> Counted:
        """By who made the requests."""
        return self.stage.look(self._counted)

    def _counted(self) -> Counted:
        tally, minute = self.load.tally, self.stage.clock.now() // PERIOD * PERIOD
        eks, whole = tally.share("eks", minute - PERIOD, minute)
        return Counted(
            tally.requests, tally.of("ecs"), tally.of("eks"), len(tally.failures), eks / whole if whole else 0.0
        )

    def tasks(self) -> int:
        """Of the worker, that run on ECS when all that are wanted do, or half a minute is over."""
        end = time.monotonic() + STARTED
        while True:
            with self.stage.account.open() as account:
                [its] = [each for each in account.estate.all("ecs.Service") if each["serviceName"] == "worker"]
            if its["runningCount"] == its["desiredCount"] or time.monotonic() > end:
                return int(its["runningCount"])
            time.sleep(0.2)

    def pods(self) -> int:
        """That the worker has on EKS."""
        return len(self.stage.pods("shop/worker"))


@contextmanager
def world(documents: tuple[Document, ...], scratch: Path, scale: float) -> Iterator[World]:
    """*scratch*: a folder for the kubeconfig and for what stands on the PATH."""
    balancer = next(each.id for each in documents if each.shape == "elbv2.LoadBalancer")
    whole_minute = (time.time() // PERIOD + 1) * PERIOD
    delays = Delays(50, 10)
    stage = Stage(documents, balancer, number=ACCOUNT, region=REGION, delays=delays, scale=scale, start=whole_minute)
    stage.account.part(Queues).dead_letters[QUEUE] = ""
    try:
        twin = Twin(scratch)
        try:
            with (
                listening(Hook((StandIn(stage.account),)), stage.clock) as url,
                controllers(stage, twin),
                requests(stage) as load,
            ):
                yield World(stage, twin, load, _environment(scratch, url, twin.kubeconfig()))
        finally:
            twin.close()
    finally:
        stage.close()


@contextmanager
def requests(stage: Stage) -> Iterator[Load]:
    """To the backend, from when its tasks are healthy."""
    [rule] = [each for each in stage.account.estate.all("elbv2.Rule") if PATH in str(each["Conditions"])]
    [group] = [each["TargetGroupArn"] for each in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]]
    listener = rule["RuleArn"].replace(":listener-rule/", ":listener/").rpartition("/")[0]
    stage.settled(group, len(stage.plane.registered(group)))
    rate = REQUESTS * stage.clock.scale / PERIOD
    with stage.traffic(listener, paths=(PATH.replace("*", "items"),), rate=rate, fresh_every=50) as load:
        yield load


def _environment(scratch: Path, url: str, kubeconfig: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ECS2K8S_", "KUBE"))}
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-key", "AWS_CONFIG_FILE": os.devnull}
    places = {"AWS_ENDPOINT_URL": url, CLOCK: url, "KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(ROOT)}
    path = os.pathsep.join((str(_hands(scratch)), os.environ.get("PATH", os.defpath)))
    return kept | keys | places | {"PATH": path, "PYTHONUNBUFFERED": "1", "LOGNAME": "ann"}


def _hands(scratch: Path) -> Path:
    """`ecs2k8s` of this checkout, and small ones of what the commands of a plan begin with."""
    folder = scratch / "bin"
    folder.mkdir()
    hands = {name: f"tests.demo_hands {name}" for name in ("aws", "kubectl", "openssl")}
    for name, module in {"ecs2k8s": "tests.demo_program", **hands}.items():
        file = folder / name
        file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        file.chmod(0o755)
    return folder
