"""Reads the state of things from AWS: whole answers, with patience that ends, and errors that say what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec import structs

from ecs2k8s.collect import request
from ecs2k8s.collect.guard import NotAllowedError
from ecs2k8s.core.errors import Ecs2k8sError, PlanError
from ecs2k8s.cutover.aws import failures
from ecs2k8s.cutover.aws.calls import reads
from ecs2k8s.cutover.aws.names import Names
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.world import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecs2k8s.cutover.plan import State, Thing
    from ecs2k8s.cutover.world import Clock

PATIENCE = 15.0  # seconds for one read, after which the run pauses rather than waits
FIRST, LONGEST = 0.25, 4.0  # seconds between attempts
ODD = (KeyError, TypeError, AttributeError, ValueError, LookupError)  # of an answer of another form than AWS's


@dataclass(slots=True)
class AwsReader:
    """`client`: a service to its client, which tries once."""

    client: Callable[[str], Any]
    clock: Clock
    names: Names = field(default_factory=lambda: Names(frozenset()))
    patience: float = PATIENCE

    def read(self, thing: Thing) -> State:
        try:
            return KINDS[thing.kind].now(self.ask, thing.id)
        except PlanError as error:  # the world is as no plan has it
            raise UnreadableError(str(error)) from error
        except ODD as error:
            raise UnreadableError(f"{thing.kind} {thing.id}: the answer is of another form than AWS's") from error

    def ask(self, call: str, parameters: Mapping[str, Any]) -> Any:
        """A read in the words of the plan: names stand for target groups that the plan makes."""
        filled = self.names.for_read(self.plainly, parameters)
        return None if filled is None else self.names.put_back(self.plainly(call, filled))

    def plainly(self, call: str, parameters: Mapping[str, Any]) -> Any:
        """The same in AWS's own words. Raises `UnreadableError`; None for what does not exist."""
        if call not in reads():
            raise NotAllowedError(f"{call}: is no read of a cutover; nothing was sent")
        began, wait = self.clock.monotonic(), FIRST
        while True:
            try:
                return self._once(call, dict(parameters))
            except Ecs2k8sError:
                raise
            except Exception as error:
                if failures.is_gone(error):
                    return None
                if not failures.passes(error) or self.clock.monotonic() + wait - began > self.patience:
                    raise failures.unread(call, error) from error
            self.clock.sleep(wait)
            wait = min(wait * 2, LONGEST)

    def _once(self, call: str, parameters: dict[str, Any]) -> Any:
        row = reads()[call]
        client = self.client(row.service)
        if row.page.keys() & parameters.keys():
            return request.page(client, row, parameters)
        # Without a size: some operations take none together with names.
        return request.send(client, structs.replace(row, page={}), parameters)
