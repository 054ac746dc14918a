"""`ecs2k8s diff`: what differs between two sides, and what proves that nothing does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.lbc import VERSION
from ecs2k8s.assess.routing import Proof, prove, services_of
from ecs2k8s.cli.console import out, table
from ecs2k8s.cli.coverage import check_finished
from ecs2k8s.cli.lying import lying
from ecs2k8s.compare.lying_documents import objects_in, text_in
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.core.findings import catalogue, message
from ecs2k8s.core.manifests import Manifest, ObjectRef, Placed
from ecs2k8s.pipeline import translate
from ecs2k8s.render.helm import CHART, TEMPLATES
from ecs2k8s.render.helm_values import literal, takes_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.assess.translation import Translation

GROUP = "alb.ingress.kubernetes.io/group.name"
SCHEMA = "ecs2k8s/routing/v1"


def routing(name: str, *, as_json: bool) -> int:
    """Prove the Ingresses as they lie in the directory, edited or not, against the rules of the snapshot.

    Exit 3 where one load balancer is not proved.
    """
    place = Path(name)
    check_finished(place)
    translation = _translated(place)
    proofs = [_as_it_lies(place, proof) for proof in translation.proofs]
    if as_json:
        found = {"schema": SCHEMA, "controller": VERSION, "load_balancers": [_plain(proof) for proof in proofs]}
        print(json.dumps(found, indent=2))
    else:
        for proof in proofs:
            _show(proof, translation)
        if not proofs:
            out("No load balancer forwards requests to a service that was translated.")
    return ExitCode.CLEAN if all(proof.holds for proof in proofs) else ExitCode.FAILED


def _translated(place: Path) -> Translation:
    """The snapshot of the directory, translated for its target.yaml. Raises `SnapshotError` and `TargetError`."""
    return translate(*lying(place))


def _as_it_lies(place: Path, proof: Proof) -> Proof:
    """The proof of what is in the directory now; a load balancer that was refused has nothing there."""
    if not proof.holds:
        return proof
    tree = proof.routing.placed[0].tree
    lying = [*_manifests(place / "manifests"), *_manifests(place / tree)]
    is_member = _of_gateway(proof) if tree == "traffic/gateway" else _of_group(proof)
    members = [Placed(item["metadata"].get("namespace", "cluster"), item, tree) for item in lying if is_member(item)]
    kind = "Gateway" if tree == "traffic/gateway" else "Ingress"
    if not any(member.manifest["kind"] == kind for member in members):
        return Proof(proof.routing, difference=f"the directory holds no {kind} of it")
    return prove(replace(proof.routing, placed=tuple(members)), services_of(lying))


def _of_group(proof: Proof) -> Callable[[Manifest], bool]:
    """Whether an object is an Ingress of the load balancer, generated or added by hand."""
    group = proof.routing.placed[0].manifest["metadata"]["annotations"][GROUP]
    return lambda item: item["kind"] == "Ingress" and item["metadata"].get("annotations", {}).get(GROUP) == group


def _of_gateway(proof: Proof) -> Callable[[Manifest], bool]:
    """Whether an object is one of those of the Gateway, or a route of it that was added by hand."""
    refs = {ObjectRef.of(placed.manifest) for placed in proof.routing.placed}
    gateways = {ref.name for ref in refs if ref.kind == "Gateway"}

    def is_member(item: Manifest) -> bool:
        parents = item.get("spec", {}).get("parentRefs", []) if item["kind"].endswith("Route") else []
        return ObjectRef.of(item) in refs or any(parent.get("name") in gateways for parent in parents)

    return is_member


def _manifests(folder: Path) -> Iterator[Manifest]:
    """Every object in the files below *folder*. Raises `OutputError` naming a file that holds none.

    Of a chart, those whose templates take no values: workloads and their scalers do, nothing that routes.
    """
    chart = (folder / CHART).is_file()
    for file in sorted((folder / TEMPLATES if chart else folder).rglob("*.yaml")):
        if file.name == "kustomization.yaml" or file.is_symlink():
            continue
        text = text_in(file)
        if not (chart and takes_values(text)):
            yield from (item for item in objects_in(literal(text) if chart else text, file) if item is not None)


def _show(proof: Proof, translation: Translation) -> None:
    name = proof.routing.balancer.name
    if proof.holds:
        out(f"{name}: proved. AWS Load Balancer Controller {VERSION} would build the same rules in the same order.")
        out()
        table([["listener", "request", "today", "from the Ingress"], *_cells(proof)], head=True)
    else:
        out(f"{name}: not proved. {proof.difference or 'It was refused:'}")
        for line in _reasons(proof, translation):
            out(f"  {line}")
    out()


def _cells(proof: Proof) -> list[list[str]]:
    return [[row.listener, str(row.request), row.source, row.words] for row in proof.rows]


def _reasons(proof: Proof, translation: Translation) -> list[str]:
    """The errors on the load balancer's own documents."""
    subjects = {item.document.id for item in proof.routing.balancer.items}
    return [
        f"{finding.subject} {finding.path}: {message(finding)}"
        for finding in translation.findings
        if finding.subject in subjects and catalogue()[finding.slug].severity == "error"
    ]


def _plain(proof: Proof) -> dict[str, Any]:
    rows = [
        {"listener": row.listener, "request": str(row.request), "today": row.source, "ingress": row.made}
        for row in proof.rows
    ]
    balancer = proof.routing.balancer
    return {
        "arn": balancer.arn,
        "name": balancer.name,
        "proved": proof.holds,
        "difference": proof.difference,
        "rows": rows,
    }
