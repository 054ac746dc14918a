"""The steps in words: mappings/cutover-steps.yaml."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from ecs2k8s.core.mappings import load_yaml
from ecs2k8s.cutover.plan import Phase, Step

if TYPE_CHECKING:
    from collections.abc import Mapping


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row. Its texts are templates of `str.format`."""

    kind: str
    title: str
    success: str
    rollback: str
    owner: str
    phase: Phase | None = None
    why: str = ""
    minutes: int = 0
    before: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()

    def filled(self, args: Mapping[str, object]) -> dict[str, str]:
        return {name: getattr(self, name).format_map(args) for name in ("title", "success", "rollback", "why")}


@cache
def texts() -> Mapping[str, Text]:
    """Each kind of step by its name. Raises `msgspec.ValidationError` where the file is wrong."""
    return msgspec.convert(load_yaml("cutover-steps.yaml"), dict[str, Text])


def step(row: str, ident: str = "", args: Mapping[str, object] | None = None, **more: Any) -> Step:
    """A step of the table's *row*, called *ident* (else as the row); *more* are fields of the step."""
    text = texts()[row]
    given: dict[str, Any] = {"kind": text.kind, "phase": text.phase, "owner": text.owner, "minutes": text.minutes}
    given |= {"before": text.before, "checks": text.checks, **text.filled(args or {})}
    return Step(id=ident or row, **(given | more))
