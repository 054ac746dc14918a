"""Static checks show what the translation decided, and pass only on what was read."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.findings import Finding, catalogue
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.core.target import Target, convert
from ecs2k8s.cutover.checks.estate import SHARED, Estate
from ecs2k8s.cutover.checks.static import static_results
from ecs2k8s.pipeline import translate
from tests.estates import CASES, SAMPLES, estate, translated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.verdicts import Result, Verdict

WORKER = "shop/worker"
EVERY = 20  # of the cases, in the default run
FEW = [*SAMPLES, *CASES[::EVERY]]
LOOKED_AT = [*FEW, *(pytest.param(name, marks=pytest.mark.long) for name in CASES if name not in FEW)]


def known(name: str) -> Estate:
    snapshot, target = estate(name)
    return Estate(snapshot, target, translated(name), {})


def of(snapshot: Snapshot, target: Target | None = None) -> Estate:
    chosen = target or convert({})
    return Estate(snapshot, chosen, translate(snapshot, chosen), {})


def verdict(results: Iterable[Result], ident: str, subject: str = WORKER) -> Verdict:
    found = [each.verdict for each in results if (each.id, each.subject) == (ident, subject)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("name", LOOKED_AT)
def test_every_finding_that_is_an_error_holds_a_check_back_and_each_says_why(name: str) -> None:
    found = known(name)
    held = [result for result in static_results(found) if result.blocks]
    assert [each for each in held if not (each.text or each.lines or each.missing)] == []
    lines = {line for result in held for line in result.lines}
    errors = [each for each in found.translation.findings if catalogue()[each.slug].severity == "error"]
    assert [each for each in errors if not any(line.startswith(f"{each.slug}: ") for line in lines)] == []


# A check, and the shapes without which it must not pass.
NEEDED = [
    ("S02", WORKER, ["ecs.Task"]),
    ("S07", WORKER, ["secretsmanager.Secret"]),
    ("S10", "shop/frontend", ["elbv2.TargetGroup"]),
    ("S14", "shop/frontend", ["elbv2.TargetGroupAttributes"]),
    ("S15", "shop/frontend", ["application-autoscaling."]),
    ("S18", WORKER, ["iam.Role"]),
    ("S19", WORKER, ["iam.Role"]),
    ("S20", WORKER, ["ec2.SecurityGroup"]),
    ("S20", SHARED, ["ec2.SecurityGroup"]),
    ("S24", "shop/frontend", ["elbv2.Listener"]),
    ("S25", "shop/frontend", ["elbv2.TargetGroupAttributes"]),
    ("S37", WORKER, ["cloudwatch."]),
]


@pytest.mark.parametrize(("ident", "subject", "shapes"), NEEDED)
def test_a_check_without_its_data_does_not_pass(ident: str, subject: str, shapes: list[str]) -> None:
    snapshot, _ = estate("three-tier")
    kept = [d for d in snapshot.documents if d.shape not in shapes and f"{d.shape.partition('.')[0]}." not in shapes]
    results = static_results(of(replace(snapshot, documents=tuple(kept))))
    assert verdict(results, ident, subject) in {"inconclusive", "fail"}


@pytest.mark.parametrize(("ident", "subject"), [("S14", "shop/frontend"), ("S24", "shop/frontend"), ("S25", "shop/frontend"), ("S37", WORKER)])  # fmt: skip
def test_the_same_check_passes_with_its_data(ident: str, subject: str) -> None:
    assert verdict(static_results(known("three-tier")), ident, subject) == "pass"


def test_a_live_export_without_scaling_has_none() -> None:
    snapshot, _ = estate("three-tier")
    kept = tuple(d for d in snapshot.documents if not d.shape.startswith("application-autoscaling."))
    given = static_results(of(replace(snapshot, documents=kept)))
    live = static_results(of(replace(snapshot, documents=kept, live=True)))
    assert (verdict(given, "S15"), verdict(live, "S15")) == ("inconclusive", "pass")


def test_a_read_that_failed_leaves_what_rests_on_it_undecided() -> None:
    snapshot, _ = estate("three-tier")
    args = {"call": "iam.GetRole", "code": "AccessDenied", "what": "", "why": "the trust", "permission": "iam:GetRole"}
    denied = Finding.of("not-permitted", "iam.GetRole in eu-west-1", "", **args)
    found = static_results(of(replace(snapshot, failures=(denied,))))
    result = next(each for each in found if (each.id, each.subject) == ("S19", "shop/frontend"))
    assert (result.verdict, result.missing) == ("inconclusive", "iam:GetRole was not answered")
    assert verdict(found, "S01", SHARED) == "inconclusive"


# --- proofs, on manifests as they lie


def edited(kind: str, name: str, change: Any) -> Estate:
    """The three-tier sample with one object edited by hand."""
    found = known("three-tier")
    for placed in found.translation.bundle.everything:
        manifest = placed.manifest
        if (manifest["kind"], manifest["metadata"]["name"]) == (kind, name):
            its: Manifest = copy.deepcopy(manifest)
            change(its)
            return replace(found, edits={ObjectRef.of(manifest): its})
    raise AssertionError(name)


def pod(manifest: Manifest) -> dict[str, Any]:
    spec: dict[str, Any] = manifest["spec"]["template"]["spec"]
    return spec


def test_an_edit_that_breaks_the_order_of_stopping_fails_it() -> None:
    found = edited("Deployment", "frontend", lambda its: pod(its).update(terminationGracePeriodSeconds=5))
    assert verdict(static_results(found), "S14", "shop/frontend") == "fail"


def test_an_edit_leaves_what_looked_only_at_the_generated_object_undecided() -> None:
    before = static_results(known("three-tier"))
    found = edited("Deployment", "frontend", lambda its: its["metadata"].update(annotations={"by": "hand"}))
    after = static_results(found)
    assert verdict(before, "S05", "shop/frontend") == "pass"
    assert verdict(after, "S05", "shop/frontend") == "inconclusive"
    assert verdict(after, "S14", "shop/frontend") == "pass"  # judged on the edited object
    assert verdict(after, "S05", "shop/backend") == verdict(before, "S05", "shop/backend")


def test_an_edit_that_takes_a_number_away_is_undecided() -> None:
    found = edited("Deployment", "frontend", lambda its: pod(its).pop("terminationGracePeriodSeconds"))
    assert verdict(static_results(found), "S14", "shop/frontend") == "inconclusive"


ODD: list[Any] = [None, "text", 7, [], [None], {"a": []}, {"containers": "x"}]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(
    "at", [("spec",), ("metadata", "labels"), ("spec", "template"), ("spec", "template", "spec"), ("spec", "selector")]
)
def test_an_edited_object_of_any_form_ends_in_a_verdict(at: tuple[str, ...], odd: Any) -> None:
    def change(its: Manifest) -> None:
        inner = its
        for step in at[:-1]:
            inner = inner[step]
        inner[at[-1]] = odd

    found = static_results(edited("Deployment", "frontend", change))
    assert verdict(found, "S14", "shop/frontend") != "pass" or at[-1] in {"labels", "selector"}
    assert verdict(found, "S28", SHARED) == "fail" or odd in (None, {"a": []}, []) or at == ("metadata", "labels")


def test_another_image_than_the_one_that_runs_fails() -> None:
    def change(its: Manifest) -> None:
        image = pod(its)["containers"][0]["image"].partition("@")[0]
        pod(its)["containers"][0]["image"] = f"{image}@sha256:{'0' * 64}"

    assert verdict(static_results(edited("Deployment", "frontend", change)), "S02", "shop/frontend") == "fail"


def test_fewer_pods_than_tasks_fail() -> None:
    def change(its: Manifest) -> None:
        its["spec"]["minReplicas"] = 2

    found = static_results(edited("HorizontalPodAutoscaler", "frontend", change))
    assert verdict(found, "S15", "shop/frontend") == "fail"


def test_a_name_that_kubernetes_refuses_fails() -> None:
    def change(its: Manifest) -> None:
        its["metadata"]["labels"]["team"] = "a label with spaces"

    assert verdict(static_results(edited("Deployment", "frontend", change)), "S29", SHARED) == "fail"


def test_two_workloads_with_one_selector_fail() -> None:
    def change(its: Manifest) -> None:
        its["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] = "backend"

    assert verdict(static_results(edited("Deployment", "frontend", change)), "S29", SHARED) == "fail"


def test_output_that_would_be_another_now_fails_determinism() -> None:
    found = replace(known("three-tier"), differs=("manifests/shop/namespace.yaml",))
    assert verdict(static_results(found), "S30", SHARED) == "fail"
    assert verdict(static_results(known("three-tier")), "S30", SHARED) == "pass"


def test_an_object_that_no_schema_admits_fails() -> None:
    found = edited("Deployment", "frontend", lambda its: its["spec"].update(replicas="three"))
    assert verdict(static_results(found), "S28", SHARED) == "fail"


def test_a_workload_that_ecs_would_refuse_fails() -> None:
    bad = Document(
        "ecs.TaskDefinition", "task-definition/a:1", {"family": "a", "revision": 1, "containerDefinitions": []}
    )
    results = static_results(of(Snapshot((bad,))))
    assert "fail" in {each.verdict for each in results if each.id == "S01"}


def test_only_the_unit_is_looked_at_and_what_it_shares() -> None:
    results = static_results(known("three-tier"), [WORKER])
    assert {each.subject for each in results} == {WORKER, SHARED}
