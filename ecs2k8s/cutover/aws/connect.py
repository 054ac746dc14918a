"""Logs in to the account of a plan, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.login import Use, sessions
from ecs2k8s.core.errors import WrongAccountError
from ecs2k8s.cutover.aws.calls import Place
from ecs2k8s.cutover.aws.guard import Guard
from ecs2k8s.cutover.aws.metrics import CloudWatch
from ecs2k8s.cutover.aws.names import Names, named_in
from ecs2k8s.cutover.aws.reader import AwsReader
from ecs2k8s.cutover.aws.sender import AwsSender

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.collect.login import Login, Session
    from ecs2k8s.cutover.aws.sender import WriteRole
    from ecs2k8s.cutover.plan import Plan
    from ecs2k8s.cutover.world import Clock

SESSION_NAME = "ecs2k8s-cutover"
# One attempt: whether a request that changes something is sent again, the run decides after looking.
SETTINGS = {"retries": {"mode": "standard", "total_max_attempts": 1}, "read_timeout": 20}


@dataclass(frozen=True, slots=True)
class Aws:
    """`caller`: the ARN of who asks."""

    caller: str
    reader: AwsReader
    metrics: CloudWatch
    sender: Callable[[str, WriteRole | None], AwsSender]  # of the run with this id


def connect(login: Login, plan: Plan, clock: Clock, prepare: Callable[[Any], None] = lambda _: None) -> Aws:
    """Raises `LoginError`, and `WrongAccountError` where the login reaches another account than the plan's.

    The Region is the plan's, whatever the login says.
    """
    guard = Guard()
    found, _ = sessions(replace(login, regions=(plan.region,)), prepare, Use(guard.attach, SETTINGS, SESSION_NAME))
    session = _of(found, plan)
    client = _clients(session, plan.region)
    reader = AwsReader(client, clock, Names(named_in(plan)))
    place = Place(plan.partition, plan.region, plan.account)
    return Aws(session.caller, reader, CloudWatch(reader), partial(AwsSender, client, reader, guard, place))


def _of(found: list[Session], plan: Plan) -> Session:
    for session in found:
        if (session.account, session.partition) == (plan.account, plan.partition):
            return session
    reached = ", ".join(session.account for session in found)
    raise WrongAccountError(f"the plan is of account {plan.account}, and the login reaches {reached}")


def _clients(session: Session, region: str) -> Callable[..., Any]:
    """A client for each service is made once; one with other credentials is for one request."""
    own = cache(lambda service: session.client(service, region))

    def client(service: str, **credentials: str) -> Any:
        return session.client(service, region, **credentials) if credentials else own(service)

    return client
