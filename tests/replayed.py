"""Live reading in which the replay layer answers instead of AWS."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect import login
from ecs2k8s.collect.live import Live
from ecs2k8s.collect.scope import Scope
from ecs2k8s.replay.answers import account
from ecs2k8s.replay.hook import Hook, Policy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ecs2k8s.core.documents import Document, Snapshot

ACCOUNT, REGION = "111122223333", "eu-west-1"


@cache
def loader() -> Any:
    """botocore's models, read once for all sessions of a process."""
    from botocore.session import Session

    return Session().get_component("data_loader")


def prepared(hook: Hook) -> Any:
    """What `export.run` and `login.sessions` call for each session: logged in with keys that are none."""

    def prepare(core: Any) -> None:
        core.register_component("data_loader", loader())
        core.set_credentials("AKIDEXAMPLE", "not-a-key", "not-a-token")
        hook.attach(core)

    return prepare


def sessions(hook: Hook, *regions: str) -> list[login.Session]:
    found, _ = login.sessions(login.Login(regions=regions or (REGION,)), prepared(hook))
    return found


def hook_of(documents: Iterable[Document], *before: Policy) -> Hook:
    return Hook((*before, account(documents, ACCOUNT)))


def read(hook: Hook, directory: Path, scope: Scope = Scope(), last: Snapshot | None = None, **kwargs: Any) -> Snapshot:  # noqa: B008
    live = Live(sessions(hook)[0], **kwargs)
    snapshot, partial = live.read(REGION, scope, directory, last, lambda *_: None)
    partial.done()
    return snapshot
