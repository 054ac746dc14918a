"""A second opinion: the emulator moto as a server of its own, spoken to over HTTP by the real export, no replay between.

Both read the same documents of the samples: moto after they were written to it by API calls, the replay layer as they
are. What comes out is compared. moto is laxer than AWS: it takes weights, names and references that AWS refuses, its
targets are healthy at once, its changes are done when they are asked for. So agreement says that requests and answers
are understood, not that AWS would do the same.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ecs2k8s.cli import export
from ecs2k8s.cli.console import Talk
from ecs2k8s.collect import files, login
from ecs2k8s.collect.pace import Pacer
from ecs2k8s.core.documents import Snapshot, load
from ecs2k8s.replay.emulator import KEYS, clients
from ecs2k8s.replay.fill import fill
from tests.estates import ROOT, SAMPLES
from tests.replayed import ACCOUNT, REGION, hook_of, prepared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecs2k8s.replay.fill import Ids

GROUP = re.compile(r"sg-[0-9a-f]+")
# Leaves of the manifests that differ, and what moto does. Nothing else may differ, and for each row something must.
POD = r"[\w-]+/[\w-]+/(deployment|daemonset)\.yaml\.spec\.template\.spec"
DIFFER = {
    r".*/(deployment|daemonset|cronjob)\.yaml\.metadata\.annotations\.ecs2k8s\.io/task-definition-revision": "counts from 1",
    rf"{POD}\.(initContainers|containers)\[[\w-]+\]\.image(PullPolicy)?": "starts no task: no digest of what runs",
    rf"{POD}\.nodeSelector\.kubernetes\.io/arch": "starts no task, which would say its architecture",
    r"legacy/portal/.*\.initContainers\[chown\]\.(command\[\d+\]|restartPolicy)": "starts no task: whether it ended",
    r".*\.(spec\.strategy\.type|(strategy|updateStrategy)\.rollingUpdate\.max(Surge|Unavailable))": "drops deploymentConfiguration",
    r".*/poddisruptionbudget\.yaml\.spec\.maxUnavailable": "drops deploymentConfiguration",
    r".*/deployment\.yaml\.spec\.template\.metadata\.labels\.ecs2k8s\.io/(cluster|service)": "drops enableECSManagedTags",
    rf"{POD}\.(initContainers|containers)\[[\w-]+\]\.livenessProbe\.initialDelaySeconds": "drops healthCheckGracePeriodSeconds",
    rf"{POD}\.containers\[[\w-]+\]\.startupProbe\.failureThreshold": "drops healthCheckGracePeriodSeconds",
    r"legacy/portal/.*\.affinity\.(nodeAffinity|podAntiAffinity)\..*": "drops placementConstraints",
    r"legacy/trainer/.*\.topologySpreadConstraints\[0\]\.topologyKey": "drops placementStrategy",
    r"legacy/portal/.*\.terminationGracePeriodSeconds": "starts no task: chown counts as one that goes on",
    r"market/(auth|order)/.*\.(terminationGracePeriodSeconds|lifecycle\.preStop\.sleep\.seconds)": "drops serviceConnectConfiguration, vpcLatticeConfigurations",
    r"market/auth/.*\.(annotations\.kubectl\.kubernetes\.io/default-container|resources\.requests\.cpu)": "drops capacityProviderStrategy: its tasks seem to be on EC2",
    r"market/auth/service\.yaml\.spec\.ports\[tcp-80\]\..*": "drops serviceConnectConfiguration: no port of a client's alias",
    r"market/order/.*\.(volumeMounts\[work\]|volumes\[work\]|securityContext\.fsGroup).*": "drops volumeConfigurations",
    r"market/order/volumesnapshot-order-work\.yaml\..*": "drops volumeConfigurations",
    r"cluster/(storageclass|volumesnapshotcontent)-.*": "drops volumeConfigurations",
    r"market/kustomization\.yaml\..*|kustomization\.yaml\..*": "lacks the files of volumeConfigurations and of the task report",
    r"(market|default)/report/.*": "runs no task whose container has no memory of its own, so the definition stands alone",
    r"legacy/checkout/.*\.(metadata\.annotations\.ecs2k8s\.io/tags|metadata\.labels\.set|spec\.replicas)": "task sets lose tags and the primary one",
    r"legacy/checkout/service-checkout-green\.yaml\..*": "no task set is the primary one, which names the second group",
    r"[\w-]+/[\w-]+/service(-[\w-]+)?\.yaml\.metadata\.annotations\.alb\.ingress\.kubernetes\.io/target-group-attributes": "target groups have an attribute waf.fail_open.enabled",
    r"[\w-]+/shared/networkpolicy-sg-\w+(-cutover)?\.yaml\.metadata\.annotations\.ecs2k8s\.io/source-rules": "rules have ids of its own",
    r"[\w-]+/shared/networkpolicy-sg-\w+-cutover\.yaml\.metadata\.name": "groups have ids of its own, and this name has more in it",
    r"legacy/(portal|reports|legacy-reports)/.*\.sg\.ecs2k8s\.io/sg-\w+": "registers no instance, whose groups tasks in bridge mode have",
    r"market/shared/role-pod-exec\.yaml\..*": "drops enableExecuteCommand",
    r"legacy/shared/networkpolicy-.*": "registers no instance, whose groups tasks in bridge mode have",
}  # fmt: skip

# Writes that moto does not take, and why.
REFUSED = {
    ("elbv2.ModifyLoadBalancerAttributes", "InvalidConfigurationRequest"): "knows no logs of health checks",
    ("elbv2.CreateRule", "ResponseParserError"): "knows no regular expressions of hosts, and answers a 500 in HTML",
    ("elbv2.ModifyTargetGroupAttributes", "InvalidConfigurationRequest"): "wants the cookie's name with its type",
    ("ecs.CreateCapacityProvider", "500"): "knows no managed instances",
    ("ecs.CreateTaskSet", "500"): "has made it, and fails to count what it is to run",
    ("cloudwatch.PutCompositeAlarm", "500"): "no such operation",
}

# Reads that moto does not answer, which are failures of the export; and one that it answers in AWS's own way.
UNANSWERED = {
    ("no-answer", "ecs.ListDaemons in eu-west-1"),
    ("no-answer", "ecs.ListGateways in eu-west-1"),
    ("no-answer", "codedeploy.BatchGetDeploymentGroups in eu-west-1"),
    ("answer-not-understood", "elasticache.DescribeServerlessCaches in eu-west-1"),
    ("aws-failure", "arn:aws:ecs:eu-west-1:111122223333:capacity_provider/managed"),  # AWS spells it capacity-provider
}

# Members of documents that botocore reads as another type from moto than the sample has.
OTHER_TYPES: set[str] = set()


@pytest.fixture
def server() -> Iterator[str]:
    """moto's own server in a process of its own, on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"MOTO_ACCOUNT_ID": ACCOUNT, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "moto's server ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("moto's server does not answer")


def plain_session() -> Any:
    """Without the guard: what fills the account writes."""
    import botocore.session

    core = botocore.session.Session()
    core.set_credentials(*KEYS)
    return core


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Paths and values; items of lists by their name, where they have one."""
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from leaves(child, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for number, child in enumerate(value):
            name = child.get("name", number) if isinstance(child, dict) else number
            yield from leaves(child, f"{path}[{name}]")
    else:
        yield path, value


def manifests(place: Path, ids: Ids | None = None) -> dict[str, Any]:
    """Every leaf of every manifest, with the ids of the sample."""
    found: dict[str, Any] = {}
    for file in sorted((place / "manifests").rglob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            name, data = str(file.relative_to(place / "manifests")), document
            if ids:
                name, data = ids.to_ours(GROUP.sub(lambda found: ids.to_ours(found[0]), name)), ids.to_ours(document)
            found |= {f"{name}{path}": value for path, value in leaves(data)}
    return found


def snapshot(place: Path) -> Snapshot:
    return load(json.loads((place / "snapshot.json").read_bytes()))


def types(shape: str, ours: Any, its: Any, path: str = "") -> Iterator[str]:
    """Members that both have, of which the types differ."""
    if isinstance(ours, dict) and isinstance(its, dict):
        for name in ours.keys() & its.keys():
            yield from types(shape, ours[name], its[name], f"{path}.{name}")
    elif isinstance(ours, list) and isinstance(its, list):
        for one, other in zip(ours, its, strict=False):
            yield from types(shape, one, other, f"{path}[]")
    elif type(ours) is not type(its):
        yield f"{shape}{path}"


def exported(place: Path, prepare: Any, endpoint_url: str | None = None) -> int:
    request = export.Request(str(place), login=login.Login(regions=(REGION,), endpoint_url=endpoint_url))
    return export.run(request, Talk(0), prepare)


# moto is the stricter one in one thing: of a definition for EC2 it wants a hard limit of memory for each container, so
# `fill` leaves requiresCompatibilities out there; no manifest shows it.
def test_moto_agrees_in_all_that_it_keeps(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pacer, "wait", lambda *_: None)
    monkeypatch.setattr(login, "RETRIES", {"mode": "standard", "total_max_attempts": 1})
    differing: set[str] = set()
    refused: set[tuple[str, str]] = set()
    unanswered: set[tuple[str, str]] = set()
    other: set[str] = set()
    compared = 0
    write = clients(plain_session(), REGION, server)
    for name in SAMPLES:
        urllib.request.urlopen(urllib.request.Request(f"{server}/moto-api/reset", method="POST")).close()
        documents = files.read([str(ROOT / "samples" / name)]).documents
        filling = fill(documents, ACCOUNT, write)
        refused |= {(each.call, each.code) for each in filling.refused}
        theirs, ours = tmp_path / f"{name}-moto", tmp_path / f"{name}-replay"
        assert exported(theirs, lambda core: core.set_credentials(*KEYS), server) == 5
        assert exported(ours, prepared(hook_of(documents))) == 0
        unanswered |= {(each.slug, each.subject) for each in snapshot(theirs).failures}
        left, right = manifests(ours), manifests(theirs, filling.ids)
        compared += len(left)
        differing |= {path for path in left.keys() | right.keys() if left.get(path) != right.get(path)}
        known = {(each.shape, each.id): each.data for each in snapshot(ours).documents}
        for each in snapshot(theirs).documents:
            other.update(types(each.shape, known.get((each.shape, filling.ids.to_ours(each.id)), {}), each.data))
    assert [path for path in sorted(differing) if not any(re.fullmatch(row, path) for row in DIFFER)] == []
    assert [row for row in DIFFER if not any(re.fullmatch(row, path) for path in differing)] == []
    assert compared > 5 * len(differing)
    assert refused == set(REFUSED)
    assert unanswered == UNANSWERED
    assert other == OTHER_TYPES
