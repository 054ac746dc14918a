"""Health checks: real requests to each target, by the settings of its group.

One check makes a new target healthy; after that it takes as many in a row as the thresholds say, either way
(https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html). All nodes of the
load balancer share one result here, where each of AWS's has its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.harness.clock import Clock
    from tests.harness.control_plane import ControlPlane, Document, Group, Target
    from tests.harness.routing import Health

LEAST_TIMEOUT = 1.0  # real seconds: a machine that is busy is no target that is ill
TIMED_OUT, MISMATCH, REFUSED = "Target.Timeout", "Target.ResponseCodeMismatch", "Target.FailedHealthChecks"


@dataclass(slots=True)
class Seen:
    state: Health = "initial"
    row: int = 0  # checks in a row that say otherwise than the state


def settled(seen: Seen, group: Document, *, passed: bool) -> Health:
    """The state after one more check."""
    if seen.state == "initial" and passed:
        return "healthy"
    agrees = seen.state != "initial" and passed == (seen.state == "healthy")
    seen.row = 0 if agrees else seen.row + 1
    needed = int(group["HealthyThresholdCount" if passed else "UnhealthyThresholdCount"])
    if seen.row < needed:
        return seen.state
    seen.row = 0
    return "healthy" if passed else "unhealthy"


def accepted(matcher: str, status: int) -> bool:
    """Whether `200-299,302` names the status."""
    for part in matcher.split(","):
        low, _, high = part.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


class Checker:
    """One task for each target of each group that is in use."""

    def __init__(self, control: ControlPlane, clock: Clock) -> None:
        self.control, self.clock = control, clock
        self.seen: dict[tuple[str, Target], Seen] = {}
        self.tasks: dict[tuple[str, Target], asyncio.Task[None]] = {}

    def look(self, group: str, target: Target) -> Health:
        found = self.seen.get((group, target))
        return found.state if found else "initial"

    def follow(self, groups: dict[str, Group]) -> None:
        """Check these and no others; a target that comes back is a new one."""
        wanted = {(arn, target): group.settings for arn, group in groups.items() for target in group.targets}
        for key in self.tasks.keys() - wanted.keys():
            self.tasks.pop(key).cancel()
            del self.seen[key]
        for key in wanted.keys() - self.tasks.keys():
            self.seen[key] = Seen()
            self.tasks[key] = asyncio.create_task(self._check(*key, wanted[key]))

    def hosts(self) -> dict[str, tuple[int, int]]:
        """Of each group, how many are healthy and how many are not."""
        found: dict[str, tuple[int, int]] = {}
        for (group, _), seen in self.seen.items():
            up, down = found.get(group, (0, 0))
            found[group] = (up + (seen.state == "healthy"), down + (seen.state != "healthy"))
        return found

    async def close(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    async def _check(self, group: str, target: Target, settings: Document) -> None:
        seen = self.seen[group, target]
        self.control.observed(group, target, "initial", "Elb.InitialHealthChecking")
        while True:
            reason = await self._ask(target, settings)
            state = settled(seen, settings, passed=not reason)
            if state != seen.state:
                seen.state = state
                self.control.observed(group, target, state, "" if state == "healthy" else reason)
            await self.clock.pause(settings["HealthCheckIntervalSeconds"])

    async def _ask(self, target: Target, settings: Document) -> str:
        """Why the check failed; empty if it passed."""
        port = settings["HealthCheckPort"]
        port = target.port if port == "traffic-port" else int(port)
        timeout = max(self.clock.real(settings["HealthCheckTimeoutSeconds"]), LEAST_TIMEOUT)
        try:
            async with asyncio.timeout(timeout):  # wait_for of Python 3.11 loses a cancellation now and then
                status = await _status(target, port, settings["HealthCheckPath"])
        except TimeoutError:
            return TIMED_OUT
        except (OSError, ValueError, EOFError):
            return REFUSED
        return "" if accepted(settings["Matcher"]["HttpCode"], status) else MISMATCH


async def _status(target: Target, port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection(target.address, port)
    try:
        ask = f"GET {path} HTTP/1.1\r\nHost: {target.address}:{port}\r\n"
        writer.write(f"{ask}Connection: close\r\nUser-Agent: ELB-HealthChecker/2.0\r\n\r\n".encode())
        line = await reader.readline()
        return int(line.split(b" ")[1]) if line.startswith(b"HTTP/") else _no_status()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _no_status() -> int:
    raise EOFError
