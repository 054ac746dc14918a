"""The output side: every manifest leaf comes from a row of the tables or from mappings/added.yaml."""

from __future__ import annotations

import pytest

from ecs2k8s.core.added import added, covers
from ecs2k8s.core.fields import tables
from ecs2k8s.core.manifests import ObjectRef, places
from ecs2k8s.core.paths import leaves
from ecs2k8s.pipeline import translate
from tests.estates import ESTATES, estate

CLAIMED = {place for table in tables().values() for row in table.rows.values() for place in row.to if place != "*"}


@pytest.mark.parametrize("name", ESTATES)
def test_every_manifest_leaf_has_a_reason(name: str) -> None:
    snapshot, target = estate(name)
    stray = {
        f"{ObjectRef.of(manifest)} {'.'.join(steps)}"
        for manifest in translate(snapshot, target).bundle.manifests
        for steps, _ in places(manifest)
        if not any(covers(place, steps) for place in (*CLAIMED, *added()))
    }
    assert sorted(stray) == []


@pytest.mark.parametrize("name", ESTATES)
def test_every_leaf_has_a_verdict_and_nothing_is_unread_or_unknown(name: str) -> None:
    snapshot, target = estate(name)
    ledger = translate(snapshot, target).ledger
    assert len(ledger.entries) == sum(1 for document in snapshot.documents for _ in leaves(document.data))
    assert sum(ledger.totals.values()) == len(ledger.entries)
    assert [entry.plain() for entry in ledger.entries if {"unread-field"} & set(entry.slugs)] == []


def test_every_reason_for_an_added_leaf_is_used() -> None:
    used = set()
    for name in ESTATES:
        snapshot, target = estate(name)
        for manifest in translate(snapshot, target).bundle.manifests:
            for steps, _ in places(manifest):
                used |= {place for place in added() if covers(place, steps)}
    assert sorted(added().keys() - used) == []
