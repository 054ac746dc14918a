"""Sends one request of a plan, once, with no more rights than it needs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.errors import Ecs2k8sError, PlanError
from ecs2k8s.cutover.aws import failures
from ecs2k8s.cutover.aws.calls import Place, merged, needed
from ecs2k8s.cutover.world import NotNowError, RefusedError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.cutover.aws.guard import Guard
    from ecs2k8s.cutover.aws.reader import AwsReader
    from ecs2k8s.cutover.plan import Request, Step

LONGEST = 2048  # characters of a session policy
SECONDS = 900  # the shortest that a session can last
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
NOT_IN_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)
NAME = 64
TARGET = ("ServiceNamespace", "ResourceId", "ScalableDimension")
Credentials = dict[str, str]  # by the names of botocore


@dataclass(frozen=True, slots=True)
class WriteRole:
    """The role that is assumed for each request that changes something."""

    arn: str
    external_id: str = ""


@dataclass(slots=True)
class AwsSender:
    """`client`: a service to a client that tries once, with other credentials where some are given."""

    client: Callable[..., Any]
    reader: AwsReader
    guard: Guard
    place: Place
    run: str  # its id, which CloudTrail shows with the step's
    role: WriteRole | None = None

    def send(self, step: Step, request: Request) -> str:
        """Nothing is tried again here. Raises `RefusedError`, `NotNowError` or `UnsureError`."""
        try:
            ready = self.reader.names.for_send(self.reader.plainly, request)
            credentials = self._assume(step, ready) if self.role else {}
        except UnreadableError as error:
            raise NotNowError(f"{error}; nothing was sent") from error
        except PlanError as error:
            raise RefusedError(f"{error}; nothing was sent") from error
        try:
            return self._send(ready, credentials)
        finally:
            if request.call in ("elbv2.CreateTargetGroup", "elbv2.DeleteTargetGroup"):
                self.reader.names.forget()

    def _send(self, request: Request, credentials: Credentials) -> str:
        from botocore import xform_name  # noqa: PLC0415 (only a live run needs it)

        service, _, operation = request.call.partition(".")
        with self.guard.handed(request.call, request.parameters):
            try:
                method = getattr(self.client(service, **credentials), xform_name(operation))
                answer = method(**request.parameters)
            except Ecs2k8sError:
                raise  # the guard: a defect of ours
            except Exception as error:
                raise failures.unsent(request.call, error) from error
        _look(request, answer)
        return str(answer["ResponseMetadata"].get("RequestId", ""))

    def _assume(self, step: Step, request: Request) -> Credentials:
        policy = self.policy(request)
        asked = {
            "RoleArn": self.role.arn if self.role else "",
            "RoleSessionName": session_name(self.run, step.id),
            "DurationSeconds": SECONDS,
            "Policy": policy,
            **({"ExternalId": self.role.external_id} if self.role and self.role.external_id else {}),
        }
        try:
            found = self.client("sts").assume_role(**asked)["Credentials"]
        except Ecs2k8sError:
            raise
        except Exception as error:
            refusal = NotNowError if failures.passes(error) else RefusedError
            told = failures.told(error)
            raise refusal(f"{asked['RoleArn']}: could not be assumed ({told}); nothing was sent") from error
        return {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }

    def policy(self, request: Request) -> str:
        """The session policy of a request that has no names left. Raises `PlanError`, `UnreadableError`."""
        statements = merged(needed(request, self.place, self._known(request)))
        text = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
        if len(text) > LONGEST:
            raise PlanError(f"{request.call}: needs a session policy of {len(text)} characters, of {LONGEST} at most")
        return text

    def _known(self, request: Request) -> dict[str, str]:
        """The ARN of a scalable target, which no request has."""
        if not request.call.endswith("ScalableTarget"):
            return {}
        namespace, resource, dimension = (request.parameters[name] for name in TARGET)
        asked = {"ServiceNamespace": namespace, "ResourceIds": [resource], "ScalableDimension": dimension}
        answer = self.reader.plainly("application-autoscaling.DescribeScalableTargets", asked)
        found = [
            each["ScalableTargetARN"]
            for each in (answer or {}).get("ScalableTargets", ())
            if each["ResourceId"] == resource
        ]
        return {"scalable_target": found[0]} if found else {}


def session_name(run: str, step: str) -> str:
    """Of run and step, as far as a name of a session can hold them; the step is what matters."""
    words = [NOT_IN_NAME.sub("-", word) for word in ("ecs2k8s", run, step)]
    room = NAME - len(words[2][:40]) - len(words[0]) - 2
    return "-".join((words[0], words[1][-room:], words[2][:40]))


def _look(request: Request, answer: dict[str, Any]) -> None:
    """EventBridge says in an answer that an entry was refused."""
    if answer.get("FailedEntryCount"):
        codes = ", ".join(sorted({str(each.get("ErrorCode", "")) for each in answer.get("FailedEntries", ())}))
        raise RefusedError(f"{request.call}: AWS refused it ({codes}); nothing was changed")
