"""Attributes as annotations: sorted, escaped, and each said that is not known or not carried."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.core.documents import Document
from ecs2k8s.core.tracking import View, track
from ecs2k8s.translate.attributes import known, pairs
from ecs2k8s.translate.ingress_annotations import escaped

# Items end at a comma that no backslash takes the meaning from; a backslash takes it from what follows, whatever it is.
ITEM = re.compile(r"(?:\\.|[^,\\])*", re.DOTALL)


def read_back(text: str) -> list[str]:
    """The items of a list of the controller."""
    items, position = [], 0
    while position <= len(text):
        item = ITEM.match(text, position)
        assert item, text
        items.append(re.sub(r"\\(.)", r"\1", item[0], flags=re.DOTALL))
        position = item.end() + 1
    return items


def answer(attributes: dict[str, Any]) -> View:
    data = {"Attributes": [{"Key": key, "Value": value} for key, value in attributes.items()]}
    return track(Document("elbv2.LoadBalancerAttributes", "x", data))


def said(view: View) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, notes in view.trace.notes.items():
        for slug, _ in notes:
            found.setdefault(slug, []).append(f"{path[1]}.{path[2]}")
    return found


@given(st.lists(st.text("ab,\\ =\n"), min_size=1, max_size=4))
def test_every_value_comes_back(texts: list[str]) -> None:
    values = [text.strip() for text in texts if text.strip()]
    made = pairs(answer({f"k{number}": text for number, text in enumerate(texts)}), "target-group")
    back = [item.partition("=")[2] for item in read_back(",".join(made))] if made else []
    assert sorted(back) == sorted(values)


@given(st.lists(st.text("ab,\\\n "), min_size=1))
def test_escaped_items_can_be_told_apart(texts: list[str]) -> None:
    assert read_back(",".join(map(escaped, texts))) == texts


def test_attributes_of_another_owner_and_kind() -> None:
    view = answer({"tcp.idle_timeout.seconds": "350", "routing.http2.enabled": "true", "new": "1", "idle": ""})
    assert pairs(view, "load-balancer") == ["new=1", "routing.http2.enabled=true", "tcp.idle_timeout.seconds=350"]
    # Of a listener it is known, of a load balancer it is not; what asks for nothing is unknown all the same.
    assert said(view) == {"attribute-unknown": ["0.Key", "2.Key", "3.Key"]}
    view = answer({"tcp.idle_timeout.seconds": "350"})
    assert pairs(view, "listener") == []
    assert said(view) == {"attribute-not-carried": ["0.Key", "0.Value"]}
    view = answer({"tcp.idle_timeout.seconds": "350"})
    assert pairs(view, "listener", "network") == ["tcp.idle_timeout.seconds=350"]
    assert said(view) == {}


def test_an_attribute_without_members() -> None:
    items = [{}, {"Key": "a"}, {"Value": "b"}, {"Key": "a,b", "Value": "c"}, {"Key": "a=b", "Value": "c"}]
    view = track(Document("elbv2.LoadBalancerAttributes", "x", {"Attributes": items}))
    assert pairs(view, "load-balancer") == []
    assert said(view)["attribute-not-carried"] == ["0.Key", "2.Key", "3.Key", "4.Key"]


def test_owners_of_the_table() -> None:
    for name, row in known().items():
        owner, _, key = name.partition("/")
        assert owner == row.owner, name
        assert key, name
        assert row.of or row.because, f"{name}: why is it of no kind?"
