"""Load balancers that AWS never prints, or prints in another order: one verdict, no traceback, nothing in silence."""

from __future__ import annotations

import copy
import hashlib
import os
import random
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.assess.routing import prove, services_of
from ecs2k8s.compare.decoded import decoded
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.errors import TargetError
from ecs2k8s.core.findings import catalogue, message
from ecs2k8s.core.manifests import Placed
from ecs2k8s.core.paths import leaves
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.report.routing import routing_lines
from tests.case_balancers import documents
from tests.case_files import Case, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.routing import Proof
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.manifests import Manifest

ROOT = Path(__file__).parent.parent
FILES = sorted((Path(__file__).parent / "cases" / "routing").glob("*.yaml"))
EACH = int(os.environ.get("ECS2K8S_ODD", "60"))  # changed accounts of a seed
TEXTS = [
    *[
        "",
        " ",
        "ä/ö",
        "A" * 80,
        "-",
        "²",
        "0",
        "-1",
        "9" * 5000,
        "1e5",
        "a,b=c\\",
        "*",
        "?",
        "#{host}",
        "arn:",
        "x/y/z",
    ],
    *[
        "\u202e",
        "a\nb",
        "{",
        "default",
        "use-annotation",
        "rule-1",
        "forward",
        "redirect",
        "fixed-response",
        "(",
        "(?<x",
    ],
    *["authenticate-oidc", "jwt-validation", "host-header", "path-pattern", "source-ip", "query-string", "http-header"],
    *[
        "/",
        "/*",
        "//",
        "[",
        "\\",
        "$1",
        "::/0",
        "10.0.0.0/8",
        "network",
        "gateway",
        "application",
        "lambda",
        "dualstack",
    ],
    *["HTTPS", "HTTP", "TCP", "verify", "passthrough", "off", "ipv6", "internet-facing"],
]
NUMBERS = [0, -1, 1, 2**31 - 1, 65535, 65536, 100000]
ANNOTATIONS = [
    *[
        "",
        "null",
        "[]",
        "{}",
        "[1]",
        "[null]",
        "[{}]",
        "ä" * 70,
        "-5",
        "9" * 30,
        "true",
        "(",
        "instance",
        '{"a":' + "[" * 2000,
    ],
    *['{"type":"forward"}', '{"type":"redirect","redirectConfig":{}}', '[{"field":"host-header"}]', '[{"HTTP":"80"}]'],
    *['[{"HTTPS":443},{"HTTP":443}]', '{"type":"forward","forwardConfig":{"targetGroups":[]}}', "1e999"],
    '[{"field":"path-pattern","pathPatternConfig":{"regexValues":["("]}}]',
]


@cache
def cases() -> list[Case]:
    return [load(path) for path in FILES]


def in_reverse(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: in_reverse(value[key]) for key in reversed(value)}
    return [in_reverse(child) for child in value] if isinstance(value, list) else value


def told(made: Translation) -> Any:
    entries = sorted(str(sorted(entry.plain().items())) for entry in made.ledger.entries)
    rows = [[str(row.request), row.source, row.made] for proof in made.proofs for row in proof.rows]
    return made.bundle.manifests, [message(finding) for finding in made.findings], entries, rows


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_the_order_of_documents_and_keys_does_not_matter(path: Path) -> None:
    case = load(path)
    turned = Snapshot(tuple(Document(d.shape, d.id, in_reverse(d.data)) for d in reversed(case.snapshot.documents)))
    assert told(translate(turned, case.target)) == told(translate(case.snapshot, case.target))


def digest() -> str:
    """Of all that the cases become."""
    made = [told(translate(case.snapshot, case.target)) for case in cases()]
    return hashlib.sha256(repr(made).encode()).hexdigest()


def test_the_hash_seed_does_not_matter() -> None:
    command = [sys.executable, "-c", "from tests.test_odd_balancers import digest; print(digest())"]
    found = {
        subprocess.run(
            command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert found == {f"{digest()}\n".encode()}


def change(value: Any, chance: random.Random, texts: list[str]) -> None:  # noqa: C901
    """One edit somewhere in *value*: a part dropped, nulled, emptied, doubled, renamed, shuffled or replaced."""
    paths = [path for path, _ in leaves(value) if path]
    if not paths:
        return
    path = chance.choice(paths)
    *above, key = path[: chance.randint(1, len(path))]
    inner = value
    for step in above:
        inner = inner[step]
    old = inner[key]
    edits = ["drop", "replace", "replace", *(["null", "rename"] if isinstance(inner, dict) else [])]
    match chance.choice([*edits, *(["empty", "double", "shuffle"] if isinstance(old, list) and old else [])]):
        case "drop":
            del inner[key]
        case "null":
            inner[key] = None
        case "empty":
            inner[key] = []
        case "double":
            old.append(copy.deepcopy(chance.choice(old)))
        case "shuffle":
            chance.shuffle(old)
        case "rename":
            inner[f"Brand{key}"] = copy.deepcopy(old)
        case "replace" if isinstance(old, bool):
            inner[key] = not old
        case "replace" if isinstance(old, int | str):
            inner[key] = chance.choice(NUMBERS if isinstance(old, int) else texts)


def changed(case: Case, chance: random.Random) -> Snapshot:
    """The case's input with some documents of ELB edited, left out, called otherwise, and those of another case beside."""
    kept = {(d.shape, d.id): copy.deepcopy(d.data) for d in case.snapshot.documents}
    if chance.random() < 0.3:
        others = chance.choice(cases()).snapshot.documents
        kept = {(d.shape, d.id): copy.deepcopy(d.data) for d in others} | kept
    for _ in range(chance.randint(1, 4)):
        mine = [key for key in kept if key[0].startswith(("elbv2", "wafv2"))]
        if not mine:
            break
        shape, ident = chance.choice(mine)
        match chance.choice(["edit"] * 6 + ["leave out", "call"]):
            case "edit":
                change(kept[shape, ident], chance, TEXTS)
            case "leave out":
                del kept[shape, ident]
            case "call":
                name = chance.choice(["x", "a/b/c", "ä", f"{ident}/x", ident.rpartition("/")[0] or "y", ident.upper()])
                kept[shape, name] = kept.pop((shape, ident))
    return Snapshot(tuple(Document(shape, ident, data) for (shape, ident), data in kept.items()))


def complaints(made: Translation) -> Iterator[str]:
    errors = [finding for finding in made.findings if catalogue()[finding.slug].severity == "error"]
    said = {slug for entry in made.ledger.entries for slug in entry.slugs}
    if any(not proof.holds for proof in made.proofs) and not errors:
        yield "refused in silence"
    # What is odd is refused by name; the proof is there for defects of the encoder.
    yield from sorted(said & {"unread-field", "routing-differs"})


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("routing", ["ingress", "existing-alb"])
def test_odd_documents_are_told_and_never_end_in_a_traceback(seed: int, routing: str) -> None:
    chance = random.Random(f"{routing} {seed}")
    for _ in range(EACH):
        case = chance.choice(cases())
        snapshot = changed(case, chance)
        target = convert({"routing": routing, "target_groups": case.target.target_groups})
        made = translate(snapshot, target)
        assert list(complaints(made)) == [], snapshot
        assert routing_lines(made.proofs) or not made.proofs
        assert all(message(finding) for finding in made.findings)


@cache
def proved() -> list[tuple[Proof, list[Manifest]]]:
    made = [translate(case.snapshot, case.target) for case in cases() if case.target.routing == "ingress"]
    return [(proof, each.bundle.manifests) for each in made for proof in each.proofs if proof.holds]


@pytest.mark.parametrize("seed", range(4))
def test_odd_ingresses_are_decoded_and_compared(seed: int) -> None:
    """As people may edit them: refused where no API server would take them, else proved or not."""
    chance = random.Random(seed)
    for _ in range(3 * EACH):
        proof, manifests = chance.choice(proved())
        members = copy.deepcopy([placed.manifest for placed in proof.routing.placed])
        services = copy.deepcopy([manifest for manifest in manifests if manifest["kind"] == "Service"])
        for _ in range(chance.randint(1, 3)):
            edited = chance.choice([*members, *members, *services])
            change(edited[chance.choice(["metadata", "spec"])], chance, ANNOTATIONS)
        try:
            lying = [decoded(manifest) for manifest in (*members, *services)]
        except ValueError:
            continue
        placed = tuple(Placed("", manifest, "traffic/ingress") for manifest in lying[: len(members)])
        found = prove(replace(proof.routing, placed=placed), services_of(lying[len(members) :]))
        assert found.holds or found.difference


def rules(number: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"priority": n, "if": {"path-pattern": [f"/p{n}"]}, "then": "forward web", **more} for n in range(1, number + 1)
    ]


def of_rules(found: list[dict[str, Any]]) -> Translation:
    listener = {"port": 80, "default": "forward web", "rules": found}
    given = {"services": [{"family": "web"}], "balancers": [{"name": "shop", "listeners": [listener]}]}
    return translate(Snapshot(tuple(documents(given))), convert({}))


def said(made: Translation) -> set[str]:
    return {finding.slug for finding in made.findings}


def test_three_hundred_rules() -> None:
    made = of_rules(rules(300))
    assert made.proofs[0].holds
    ingress = made.bundle.find("Ingress", "shop-80")
    assert ingress
    assert [rule["http"]["paths"][0]["path"] for rule in ingress["spec"]["rules"]] == [f"/p{n}" for n in range(1, 301)]
    assert "rules-over-quota" in said(made)
    assert "rules-over-quota" not in said(of_rules(rules(100)))


def test_very_long_values_are_compared_in_a_moment() -> None:
    long = "a" * 20_000
    found = [
        {"priority": 1, "if": {"path-pattern": {"RegexValues": [long]}}, "then": "fixed 403"},
        {"priority": 2, "if": {"host-header": [f"*{long}*"], "path-pattern": [f"/{long}"]}, "then": "fixed 403"},
    ]
    assert of_rules(found).proofs[0].holds


def test_more_annotations_than_an_object_takes() -> None:
    """300 bodies of 1,024 characters are more than 256 KiB; the API server would refuse the Ingress."""
    body = {"StatusCode": "503", "ContentType": "text/html", "MessageBody": "x" * 1024}
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": body}]
    made = of_rules([rule | {"then": fixed} for rule in rules(300)])
    assert "routing-not-built" in said(made)
    assert "262144 bytes" in made.proofs[0].difference
    assert made.bundle.find("Ingress", "shop-80") is None
    assert of_rules([rule | {"then": fixed} for rule in rules(200)]).proofs[0].holds


def test_a_target_group_called_as_a_long_name_of_another_workload() -> None:
    """Names that meet, in one namespace: each Service is one object, and rules lead to the right one."""
    names = ["web", "Web", "web-", "WEB", "1web", "a" * 32, "A" * 32]
    services = [{"family": f"s{n}", "group": name} for n, name in enumerate(names)]
    found = [
        {"priority": n, "if": {"path-pattern": [f"/p{n}"]}, "then": f"forward {name}"}
        for n, name in enumerate(names, 1)
    ]
    listener = {"port": 80, "default": "forward web", "rules": found}
    given = {"services": [*services, {"family": "web", "group": None}]}
    given["balancers"] = [{"name": "shop", "listeners": [listener]}]
    for version in ("1.36", "1.37"):
        made = translate(Snapshot(tuple(documents(given))), convert({"kubernetes_version": version}))
        assert made.proofs[0].holds, made.proofs[0].difference
        ingress = made.bundle.find("Ingress", "shop-80")
        assert ingress
        backends = [rule["http"]["paths"][0]["backend"]["service"]["name"] for rule in ingress["spec"]["rules"]]
        assert len(set(backends)) == len(names)
        for number, backend in enumerate(backends):
            service = made.bundle.find("Service", backend)
            assert service
            assert service["spec"]["selector"]["app.kubernetes.io/name"] == f"s{number}"


ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/a/1"


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ("web", ARN, "two ARNs"),
        (ARN, "web", "two ARNs"),
        (ARN, "prod/web:80", "two ARNs"),
        (ARN, ARN.replace("targetgroup/a", "loadbalancer/app/a"), "two ARNs"),
        (ARN, f"{ARN}\n", "two ARNs"),
        (ARN, ARN, "another"),
    ],
)
def test_a_second_target_group_is_the_arn_of_another(first: str, second: str, why: str) -> None:
    with pytest.raises(TargetError, match=why):
        convert({"target_groups": {first: second}})
