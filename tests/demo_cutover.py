"""`make demo-cutover`: `ecs2k8s cutover` as people use it, stopped, resumed and taken back: `python -m tests.demo_cutover`.

In one terminal runs the real program, guided: it may change nothing, prints what is to be typed, and goes on when it
sees the effect. In another an operator, who is scripted here, types just that into a shell.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.collect import files
from tests.demo_desk import Desk, EndedOtherwiseError
from tests.demo_service import Service
from tests.demo_story import OUT, SAMPLE, export
from tests.demo_worker import Worker
from tests.demo_world import SCALE, world

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.demo_world import Counted

BEGINS = """\
An account with the services of samples/three-tier, its load balancer, both fleets and an API server listen on loopback.
`ecs2k8s` is the real program, of which each $ starts a process; `aws` and `kubectl` are small ones of the demo, and so is
whoever types. A minute of the account is a second and a half. All the time clients ask the load balancer, which asks the
servers that stand for tasks and pods."""


def demo(place: Path, say: Callable[[str], None], scale: float = SCALE) -> list[Counted]:
    """Leaves `cutover-demo` in *place*, and nothing that runs. What clients counted. Raises `EndedOtherwiseError`."""
    _clear(place / OUT)
    with (
        tempfile.TemporaryDirectory() as scratch,
        world(files.read([str(SAMPLE)]).documents, Path(scratch), scale) as its,
    ):
        desk = Desk(place, place / OUT, its.environment, say)
        desk.note(BEGINS)
        export(desk)
        service = Service(desk, its)
        service.tell()
        Worker(desk, its).tell()
        return service.seen


def _clear(out: Path) -> None:
    """A plan is for one run, so that each demo begins anew."""
    if out.exists() and not (out / "snapshot.json").exists():
        raise EndedOtherwiseError(f"{out}: is there already, and not of this demo")
    shutil.rmtree(out, ignore_errors=True)


def main() -> int:
    try:
        demo(Path.cwd(), lambda line: print(line, flush=True))  # noqa: T201 (what a person sees)
    except EndedOtherwiseError as error:
        sys.stderr.write(f"demo-cutover: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
