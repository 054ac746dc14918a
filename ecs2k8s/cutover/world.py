"""What a run asks of the world outside: the time, the state of objects, one call, numbers. All else is a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ecs2k8s.core.errors import Ecs2k8sError

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Request, State, Step, Thing


class UnreadableError(Ecs2k8sError):
    """The state could not be read: throttled, denied, no answer. Never the same as "does not exist"."""


class RefusedError(Ecs2k8sError):
    """The call was answered with a refusal: it surely had no effect."""


class NotNowError(RefusedError):
    """Not taken for now, or never on its way: the same call may be sent again in a moment."""


class UnsureError(Ecs2k8sError):
    """No answer came to the call, or none that tells: it may have had its effect. Only looking helps."""


class Clock(Protocol):
    """Injected everywhere, so that a day of baking takes no time in a test."""

    def now(self) -> float:
        """Seconds since 1970, UTC: for people, and for what other machines compare."""

    def monotonic(self) -> float:
        """Seconds that only rise: for waiting."""

    def sleep(self, seconds: float) -> None: ...


class Reader(Protocol):
    """Reads only; it is all that a guided run has."""

    def read(self, thing: Thing) -> State:
        """The state now; None where it does not exist. Raises `UnreadableError`."""


class Sender(Protocol):
    """One mutating call, exactly as the plan has it, once: whoever calls decides whether to try again."""

    def send(self, step: Step, request: Request) -> str:
        """The id of the request. Raises `RefusedError` or `UnsureError`."""


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one metric: (seconds since 1970 of the period's start, value). A period without data is absent."""

    points: tuple[tuple[float, float], ...] = ()

    @property
    def total(self) -> float:
        return sum(value for _, value in self.points)


class Metrics(Protocol):
    """CloudWatch, or what stands for it."""

    def series(self, metric: str, dimensions: dict[str, str], statistic: str, since: float, until: float) -> Series:
        """Periods of 60 seconds that began in [since, until). Raises `UnreadableError`.

        *metric* is one of AWS/ApplicationELB, or has its namespace in front: `AWS/SQS ApproximateAgeOfOldestMessage`.
        """


class Probe(Protocol):
    """One HTTP request through the load balancer, for parity and for the business transaction."""

    def get(self, side: str, case: Any) -> Any: ...
