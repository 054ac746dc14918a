"""What aws/ says about names: whole blocks for CoreDNS, commands with their way back, and nothing where nobody asks."""

from __future__ import annotations

from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.report.name_steps import REWRITES, with_names
from tests.estates import estate

README = "aws/README.md"


def files(name: str, **choices: str) -> dict[str, str]:
    snapshot, _ = estate(name)
    target = convert(dict(choices))
    return with_names("# before\n", translate(snapshot, target), target)


def test_each_name_has_its_block_and_the_file_is_no_corefile() -> None:
    text = files("discovery/alias-with-dots.yaml")[REWRITES]
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines == [
        "rewrite stop {",
        "    name exact api.internal. api-internal.prod.svc.cluster.local.",
        "    answer auto",
        "}",
    ]
    assert ".:53 {" not in text


def test_a_name_without_dots_is_rewritten_where_each_caller_looks_first() -> None:
    text = files("discovery/caller-in-another-namespace.yaml")[REWRITES]
    assert [line.strip() for line in text.splitlines() if "exact" in line] == [
        f"name exact old_orders.{space}.svc.cluster.local. old-orders.prod.svc.cluster.local."
        for space in ("batch", "prod")
    ]


def test_what_holds_external_dns_off_is_taken_away_and_put_back_under_both_prefixes() -> None:
    (row,) = [line for line in files("microservices")[README].splitlines() if "annotate" in line]
    name, command, back = (cell.strip() for cell in row.strip("|").split(" | "))
    assert name == "`inventory.market.internal`"
    assert command == (
        "`kubectl -n market annotate service inventory-headless"
        " external-dns.kubernetes.io/controller- external-dns.alpha.kubernetes.io/controller-`"
    )
    assert back.count("/controller=ecs2k8s-hold") == 2


def test_sections_are_only_there_where_they_say_something() -> None:
    plain = files("discovery/alias-of-one-label.yaml")
    assert list(plain) == [README]
    assert plain[README].startswith("# before\n\n## Callers that stay on ECS")
    assert REWRITES not in files("discovery/alias-with-dots.yaml", compute="auto-mode")
    definition = Document("ecs.TaskDefinition", "t", {"family": "f", "containerDefinitions": [{"name": "c"}]})
    target = convert({})
    assert with_names("x", translate(Snapshot((definition,)), target), target) == {README: "x"}
