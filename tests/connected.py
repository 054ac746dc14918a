"""A cutover connected to an account that changes: the program's own clients, and the stand-in behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.collect.login import Login
from ecs2k8s.core.documents import Document
from ecs2k8s.cutover.aws.connect import Aws, connect
from ecs2k8s.cutover.aws.sender import AwsSender, WriteRole
from ecs2k8s.cutover.plan import FORMAT, Fingerprint, Plan, Step, Thing
from ecs2k8s.replay.hook import Hook
from tests.replayed import ACCOUNT, REGION, prepared
from tests.standing import Stand, stand

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.cutover.plan import Request, State
    from ecs2k8s.replay.hook import Policy

WRITER = f"arn:aws:iam::{ACCOUNT}:role/ecs2k8s-writer"
STEP = Step("elb.weights-1", "elb.weights", "P6", "Shift", "seen", "back")
RUN = "01JABCDEFGHJKMNPQRSTVWXYZ0"


def plan_of(*named: str, account: str = ACCOUNT) -> Plan:
    """A plan that makes the target groups of these names."""
    found = tuple(Fingerprint(Thing("elbv2.target-group", f"targetgroup:{name}"), None) for name in named)
    return Plan(FORMAT, "0", "shop", "move", {}, account, "aws", REGION, "eks", "", "", {}, (), found)


@dataclass(slots=True)
class Connected:
    stand: Stand
    aws: Aws
    sender: AwsSender

    def send(self, request: Request) -> str:
        return self.sender.send(STEP, request)

    def read(self, kind: str, ident: str) -> State:
        return self.aws.reader.read(Thing(kind, ident))

    def sent(self, call: str) -> int:
        """How often a request of this operation left the program."""
        return sum(each.call == call for each in self.stand.hook.calls)


def connected(
    documents: Iterable[Document], *named: str, role: bool = True, before: tuple[Policy, ...] = ()
) -> Connected:
    """With *role* each request that changes something is sent with the rights of a role; *before* answers first."""
    writer = Document("iam.Role", WRITER, {"RoleName": "ecs2k8s-writer", "Arn": WRITER, "MaxSessionDuration": 3600})
    its = stand(*documents, writer)
    its.hook = Hook((*before, its.policy))
    aws = connect(Login(regions=("us-east-1",)), plan_of(*named), its.clock, prepared(its.hook))
    return Connected(its, aws, aws.sender(RUN, WriteRole(WRITER) if role else None))
