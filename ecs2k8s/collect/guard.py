"""Lets boto3 send the operations of mappings/collect.yaml and nothing else."""

from __future__ import annotations

from typing import Any

from ecs2k8s.collect.calls import CREDENTIALS, calls
from ecs2k8s.core.errors import Ecs2k8sError


class NotAllowedError(Ecs2k8sError):
    """An operation that no row of mappings/collect.yaml names was about to be sent."""


def guard(session: Any) -> None:
    """Put the guard in front of every client that botocore's *session* makes from now on.

    An exact list: by the verb alone `GetSecretValue` would pass.
    """
    session.register("before-call", _check, unique_id="ecs2k8s-guard")


def _check(model: Any, **_: Any) -> None:
    name = f"{model.service_model.service_name}.{model.name}"
    if name not in calls() and name not in CREDENTIALS:
        raise NotAllowedError(f"{name}: is no operation that ecs2k8s sends; this is a defect, and nothing was sent")
