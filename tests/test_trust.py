"""The trust of every role, applied in the emulator over HTTP, read back, and judged by the evaluator of policies.

moto keeps what it is given and judges nothing; so the judge is ours, and has a table of decisions of its own
(tests/unit/assess/iam_decisions.yaml).
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.assess.iam import Request, decide
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.render.aws import TEMPLATE, aws_objects, template
from ecs2k8s.replay.emulator import clients
from tests.estates import ESTATES, estate
from tests.linted import linted
from tests.replayed import REGION
from tests.test_moto import plain_session, server

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target

__all__ = ["server"]
ACCOUNT = "111122223333"
ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE0123456789"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
CLUSTER = f"arn:aws:eks:eu-west-1:{ACCOUNT}:cluster/market"
TASK = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task/market/1"}
ECS = Request(("Service", "ecs-tasks.amazonaws.com"), "sts:AssumeRole", TASK)
SAMPLES = ("microservices", "three-tier")


def with_cluster(snapshot: Snapshot) -> Snapshot:
    """The sample, and the cluster that it moves to, which IAM knows."""
    cluster: dict[str, Any] = {"name": "market", "arn": CLUSTER, "identity": {"oidc": {"issuer": f"https://{ISSUER}"}}}
    documents = [document for document in snapshot.documents if not document.shape.startswith("eks.")]
    documents = [document for document in documents if "OpenIDConnect" not in document.shape]
    documents += [
        Document("eks.Cluster", CLUSTER, cluster),
        Document("iam.OpenIDConnectProviders", "providers", {"OpenIDConnectProviderList": [{"Arn": PROVIDER}]}),
        Document(
            "iam.OpenIDConnectProvider",
            PROVIDER,
            {"OpenIDConnectProviderArn": PROVIDER, "ClientIDList": ["sts.amazonaws.com"]},
        ),
    ]
    return replace(snapshot, documents=tuple(sorted(documents, key=lambda d: (d.shape, d.id))))


def by_irsa(namespace: str, name: str) -> list[Request]:
    context = {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": f"system:serviceaccount:{namespace}:{name}"}
    return [Request(("Federated", PROVIDER), "sts:AssumeRoleWithWebIdentity", context)]


def by_agent(namespace: str, name: str) -> list[Request]:
    context = {
        "aws:SourceAccount": ACCOUNT,
        "aws:RequestTag/eks-cluster-arn": CLUSTER,
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": name,
    }
    return [
        Request(("Service", "pods.eks.amazonaws.com"), action, context)
        for action in ("sts:AssumeRole", "sts:TagSession")
    ]


def holders(made: Translation) -> dict[str, set[tuple[str, str]]]:
    """ARN of each role to the service accounts that are to have it, as the workloads say it."""
    found: dict[str, set[tuple[str, str]]] = {}
    for workload in made.translated:
        view = workload.task.get("overrides", {})
        role = view.get("taskRoleArn") or workload.definition.get("taskRoleArn")
        if role:
            found.setdefault(str(role), set()).add((workload.namespace, workload.name))
    return found


@pytest.mark.parametrize("identity", ["irsa", "pod-identity"])
def test_every_trust_is_applied_read_back_and_judged(identity: str, server: str, tmp_path: Path) -> None:
    iam = clients(plain_session(), REGION, server)("iam")
    target, asks = convert({"identity": identity}), by_irsa if identity == "irsa" else by_agent
    judged = 0
    for name in SAMPLES:
        snapshot = with_cluster(estate(name)[0])
        made = translate(snapshot, target)
        everybody = {account for its in holders(made).values() for account in its}
        assert everybody
        read = {each.id: each for each in snapshot.of("iam.Role")}
        for change in made.changes:
            role = read[change.subject].data
            iam.create_role(
                RoleName=role["RoleName"],
                Path=role["Path"],
                AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]),
            )
            iam.update_assume_role_policy(
                RoleName=role["RoleName"], PolicyDocument=aws_objects(made, target)[f"aws/{change.name}/new.json"]
            )
            back = iam.get_role(RoleName=role["RoleName"])["Role"]["AssumeRolePolicyDocument"]
            mine = holders(made)[change.subject]
            assert decide(back, ECS) == "allowed"
            for account in everybody | {("default", "default"), ("kube-system", "default")}:
                expected = {"allowed"} if account in mine else {"denied"}
                assert {decide(back, request) for request in asks(*account)} == expected, (change.subject, account)
                judged += 1
            others = by_agent if identity == "irsa" else by_irsa
            assert {decide(back, request) for account in mine for request in others(*account)} == {"denied"}
            assert decide(back, Request(("AWS", f"arn:aws:iam::{ACCOUNT}:user/me"), "sts:AssumeRole")) == "denied"
            read[change.subject] = replace(read[change.subject], data={**role, "AssumeRolePolicyDocument": back})
        again = replace(
            snapshot, documents=tuple(read.get(d.id, d) if d.shape == "iam.Role" else d for d in snapshot.documents)
        )
        assert {change.subject for change in made.changes} == set(holders(made))
        assert translate(again, target).changes == ()
        assert "trust-to-extend" not in {finding.slug for finding in translate(again, target).findings}
    assert judged > 30


def test_the_command_changes_nothing_where_the_document_is_another(tmp_path: Path) -> None:
    snapshot = with_cluster(estate("three-tier")[0])
    made = translate(snapshot, convert({}))
    change = made.changes[0]
    for path, text in aws_objects(made, convert({})).items():
        if path.startswith(f"aws/{change.name}/"):
            (tmp_path / path.rpartition("/")[2]).write_text(text)
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "aws"
    fake.write_text('#!/bin/sh\ncase "$2" in get-role) cat answer.json;; *) echo "$@" >> done;; esac\n')
    fake.chmod(0o755)
    results = []
    for command, answer in (
        (change.command, change.old),
        (change.command, change.new),
        (change.back, change.new),
        (change.back, change.old),
    ):
        (tmp_path / "answer.json").write_text(json.dumps(answer))
        run = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=tmp_path,
            env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin:/usr/local/bin"},
            check=False,
        )
        results.append(run.returncode == 0)
    assert results == [True, False, True, False]
    assert [line.split()[-1] for line in (tmp_path / "done").read_text().splitlines()] == [
        "file://new.json",
        "file://old.json",
    ]


def made_of(name: str) -> tuple[Translation, Target]:
    snapshot, target = estate(name)
    return translate(snapshot, target), target


def test_cfn_lint_takes_every_template(tmp_path: Path) -> None:
    templates = {
        f"{name}-{identity}": template(
            translate(with_cluster(estate(name)[0]), convert({"identity": identity})).resources
        )
        for name in SAMPLES
        for identity in ("irsa", "pod-identity")
    }
    for name in ESTATES:
        made, target = made_of(name)
        if made.resources:
            templates[name] = aws_objects(made, target)[TEMPLATE]
    assert len(templates) > 8
    assert linted(templates, tmp_path) == ""
