"""`ecs2k8s` by the clock of the demo's account, in which minutes are shorter: all that it waits for happens there."""

from __future__ import annotations

import os

from ecs2k8s.cli import main, verify_probes
from ecs2k8s.replay.remote_clock import RemoteClock

CLOCK = "DEMO_CLOCK"  # the URL of the account


if __name__ == "__main__":
    verify_probes.SystemClock = RemoteClock(os.environ[CLOCK])  # type: ignore[assignment, misc]
    main()
