"""Lets boto3 send reads, and of all that changes something the one request that is handed over at this moment."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.calls import CREDENTIALS
from ecs2k8s.collect.guard import NotAllowedError
from ecs2k8s.cutover.aws.calls import reads, writes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Guard:
    """In front of every client of a session. `handed` opens it for one request of this thread, once."""

    def __init__(self) -> None:
        self._mine = threading.local()

    def attach(self, session: Any) -> None:
        """Stand in front of every client that botocore's *session* makes from now on."""
        session.register("before-parameter-build", self._parameters, unique_id="ecs2k8s-cutover-parameters")
        session.register("before-call", self._call, unique_id="ecs2k8s-cutover-call")

    @contextmanager
    def handed(self, call: str, parameters: Mapping[str, Any]) -> Iterator[None]:
        """In the block, this request may be sent. Raises `NotAllowedError` where no plan may send it."""
        row = writes().get(call)
        if row is None or row.mode != "execute":
            raise NotAllowedError(f"{call}: is no operation that a run sends; nothing was sent")
        self._mine.handed, self._mine.passed = (call, dict(parameters)), ""
        try:
            yield
        finally:
            self._mine.handed, self._mine.passed = None, ""

    def _parameters(self, model: Any, params: Mapping[str, Any], **_: Any) -> None:
        name = _name(model)
        if _is_read(name):
            return
        handed = getattr(self._mine, "handed", None)
        made = set(model.idempotent_members)  # botocore gives these a value of its own
        asked = {key: value for key, value in params.items() if key not in made or (handed and key in handed[1])}
        if handed != (name, asked):
            raise _not_handed(name)
        self._mine.handed, self._mine.passed = None, name

    def _call(self, model: Any, **_: Any) -> None:
        name = _name(model)
        if _is_read(name):
            return
        if getattr(self._mine, "passed", "") != name:
            raise _not_handed(name)
        self._mine.passed = ""


def _name(model: Any) -> str:
    return f"{model.service_model.service_name}.{model.name}"


def _is_read(name: str) -> bool:
    return name in reads() or name in CREDENTIALS


def _not_handed(name: str) -> NotAllowedError:
    return NotAllowedError(f"{name}: is not the request that was handed over; this is a defect, and nothing was sent")
