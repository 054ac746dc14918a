"""The output side: every manifest leaf comes from a row of the tables or from mappings/added.yaml."""

from __future__ import annotations

import pytest

from ecs2k8s.core.added import added, covers
from ecs2k8s.core.fields import tables
from ecs2k8s.core.manifests import ObjectRef, places
from ecs2k8s.core.paths import leaves
from tests.estates import ESTATES, estate, translated

CLAIMED = {place for table in tables().values() for row in table.rows.values() for place in row.to if place != "*"}


@pytest.mark.parametrize("name", ESTATES)
def test_every_manifest_leaf_has_a_reason(name: str) -> None:
    reasons = (*CLAIMED, *added())
    stray = {
        f"{ObjectRef.of(manifest)} {'.'.join(steps)}"
        for manifest in translated(name).bundle.manifests
        for steps, _ in places(manifest)
        if not any(covers(place, steps) for place in reasons)
    }
    assert sorted(stray) == []


@pytest.mark.parametrize("name", ESTATES)
def test_every_leaf_has_a_verdict_and_nothing_is_unread_or_unknown(name: str) -> None:
    snapshot, ledger = estate(name)[0], translated(name).ledger
    assert len(ledger.entries) == sum(1 for document in snapshot.documents for _ in leaves(document.data))
    assert sum(ledger.totals.values()) == len(ledger.entries)
    assert [entry.plain() for entry in ledger.entries if {"unread-field"} & set(entry.slugs)] == []


def test_every_reason_for_an_added_leaf_is_used() -> None:
    unused = set(added())
    for name in ESTATES:
        for manifest in translated(name).bundle.manifests:
            for steps, _ in places(manifest):
                unused -= {place for place in unused if covers(place, steps)}
    assert sorted(unused) == []
