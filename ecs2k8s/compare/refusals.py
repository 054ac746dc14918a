"""Objects that the API server does not take, or of which it says nothing."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.canonical import Reader
from ecs2k8s.compare.changes import MASKED, Action, Change, Leaf, Row, Status
from ecs2k8s.compare.conflicts import at, causes
from ecs2k8s.compare.differ import rows
from ecs2k8s.compare.managed_fields import located
from ecs2k8s.compare.masking import ENVIRONMENT, Mask, Sealed
from ecs2k8s.compare.risks import risk
from ecs2k8s.core.paths import parse, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.compare.wanted import Wanted
    from ecs2k8s.core.manifests import Manifest

REFUSED = "the API server refuses it"
LONG = 8  # characters
# Server-side apply names fields in its message alone: structured-merge-diff, typed/validate.go.
BY_SCHEMA = re.compile(r"(\.\S+): (field not declared in schema|expected [^\n]+|duplicate entries for key [^\n]+)")


def refused(wanted: Wanted, live: Manifest | None, status: Mapping[str, Any], message: str) -> Change:
    """An object that the API server does not take: a row for each field that it names, or one for the whole."""
    named = [(str(cause.get("field") or ""), str(cause.get("message") or message)) for cause in causes(status)]
    named = named or [(name, f"{name}: {why}") for name, why in BY_SCHEMA.findall(message)]
    listed = tuple(_refused(wanted, *pair) for pair in named or [("", message)])
    return Change(str(wanted.ref), Action.CREATE if live is None else Action.UPDATE, listed, wanted.workload)


def _refused(wanted: Wanted, name: str, message: str) -> Row:
    place = located(f".{name.removeprefix('.')}", wanted.manifest) or ()
    kind = wanted.ref.kind
    leaves = rows(None, wanted.manifest, kind, origin_after=show)
    here = [row for row in leaves if place and row.after and parse(row.after.origin) == place]
    whole = Row(show(place) or name.removeprefix("."), Status.UNKNOWN, risk(kind, place), None, None)
    row = here[0] if here else whole
    after = Leaf(row.after.value, wanted.origin(place)) if row.after else None
    return replace(row.because_too(f"{REFUSED}: {scrubbed(message, wanted)}"), status=Status.UNKNOWN, after=after)


def scrubbed(message: str, wanted: Wanted) -> str:
    """The API server's words without the values of the object that no diff shows; it likes to quote."""
    for value in sorted(_sealed(wanted), key=len, reverse=True):
        message = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", MASKED, message)
    return message


def _sealed(wanted: Wanted) -> set[str]:
    """The values that are hidden; of those that are hidden only for being environment, what is no common word."""
    tree = Reader(wanted.ref.kind, Mask()).read(wanted.manifest)
    nodes = [node for _, node in tree.leaves() if isinstance(node.value, Sealed)] if tree else []
    found = {(str(at(wanted.manifest, node.at)), node.value.why == ENVIRONMENT) for node in nodes}
    told = {value for value, is_plain in found if len(value) >= (LONG if is_plain else 1)}
    return {form for value in told for form in (value, _decoded(value)) if form}


def _decoded(value: str) -> str:
    """What the text of a Secret's `data` stands for."""
    try:
        return b64decode(value, validate=True).decode()
    except ValueError:
        return ""


def unvalidated(wanted: Wanted, why: str, message: str = "") -> Change:
    """An object of which nobody can say what applying it would do. *message*: the API server's own words."""
    said = f"{why}: {scrubbed(message, wanted)}" if message else why
    return Change(str(wanted.ref), Action.UNKNOWN, (), wanted.workload, (f"not validated: {said}",))
