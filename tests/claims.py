"""What is claimed of a cutover's reliability, and where it can be measured. No figure stands here: a run measures them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MEMORY = "objects in memory"
PROCESSES = "processes of this machine"
STAND_IN = "stand-in for AWS"
BALANCER = "fake load balancer"
SERVER = "real kube-apiserver"
TIERS = {
    MEMORY: "the program's engine and journal; AWS and the cluster are objects in memory, and the clock is turned by hand",
    PROCESSES: "real processes, signals, files and locks of this machine",
    STAND_IN: "clients of boto3, answered by the account of [stand-in.md](stand-in.md)",
    BALANCER: "real HTTP through the load balancer of [balancer.md](balancer.md), which the account of [stand-in.md](stand-in.md) moves",
    SERVER: "etcd and kube-apiserver, where `KUBEBUILDER_ASSETS` names them",
}

Number = int | float


def whole() -> bool:
    """Whether what is counted is counted whole, as by `make test-long`, and not a tenth of it."""
    return settings.get_current_profile_name() == "long"


@dataclass(frozen=True)
class Measure:
    """A number, its target, and what two tests of one claim have of it together."""

    name: str
    title: str
    least: Number | None = None
    most: Number | None = None
    together: Callable[[Iterable[Number]], Number] = sum

    @property
    def target(self) -> str:
        bounds = (("at least", self.least), ("at most", self.most))
        return next((f"{word} {shown(bound)}" for word, bound in bounds if bound is not None), "")

    def met(self, value: Number) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


@dataclass(frozen=True)
class Claim:
    """`measures` are empty where the tests that passed are the figure."""

    text: str
    tiers: tuple[str, ...]
    measures: tuple[Measure, ...] = (Measure("tests", "tests that passed", least=1),)


CLAIMS: dict[str, Claim] = {
    "R1": Claim(
        "A run in a process of its own that is killed by SIGKILL before, in the midst of or after any line of its journal, or before or after any call, ends right when it is begun again, on its way there and on its way back.",
        (MEMORY,),
        (
            Measure("points", "points killed", least=400),
            Measure("A", "of design A", least=1),
            Measure("D", "of design D", least=1),
            Measure("torn", "in the midst of a line", least=1),
            Measure("calls", "just before or after a call", least=1),
            Measure("back", "of these, calls back", least=1),
            Measure("paused", "of runs that were paused and resumed", least=1),
            Measure("repeated", "calls repeated in one run", most=1, together=max),
        ),
    ),
    "R1-journal": Claim(
        "A journal that is killed anywhere, in the midst of a line too, and again while it recovers, keeps all that it said it had.",
        (PROCESSES,),
        (Measure("places", "places", together=max), Measure("ways", "ways to be killed", least=400)),
    ),
    "R2": Claim(
        "A run that is killed again while it recovers ends right.",
        (MEMORY,),
        (Measure("pairs", "pairs of points", least=500),),
    ),
    "R3": Claim(
        "No random history of operators, crashes, foreign edits, clocks that jump and calls that fail breaks an invariant.",
        (MEMORY,),
        (Measure("histories", "histories", least=1_000), Measure("calls", "calls looked at")),
    ),
    "R5": Claim(
        "No request fails because of the program, over whole ramps with pauses, resumes, roll-outs and ways back, in which it ends anywhere, by an exception that nothing of it catches, and is begun again.",
        (BALANCER,),
        (
            Measure("requests", "requests", least=100_000),
            Measure("failed", "failed", most=0),
            Measure("number", "ramps"),
            Measure("back", "of these sent back", least=1),
            Measure("kills", "times the program was ended and begun again"),
        ),
    ),
    "R5-balancer": Claim(
        "No request fails in the harness itself while weights, pods and tasks change as they should: what fails above is the program's.",
        (BALANCER,),
        (Measure("requests", "requests", least=100_000), Measure("failed", "failed", most=0)),
    ),
    "R5-guards": Claim(
        "The same harness shows failed requests when a guard is switched off.",
        (BALANCER,),
        (
            Measure("guards", "guards switched off", least=3),
            Measure("failed", "requests failed, of the fewest", least=1, together=min),
        ),
    ),
    "R6": Claim(
        "The way back of design A is one call, and is over in seconds of tool time.",
        (MEMORY, BALANCER),
        (
            Measure("rollbacks", "ways back"),
            Measure("calls", "calls of each", most=1, together=max),
            Measure("p99", "seconds, 99th percentile", most=5, together=max),
        ),
    ),
    "R7": Claim(
        "Regressions are found before a tenth of the traffic.",
        (MEMORY,),
        (Measure("seeded", "seeded", least=40), Measure("found", "found", least=38)),
    ),
    "R7-same": Claim(
        "Two versions that are the same are seldom sent back or paused.",
        (MEMORY,),
        (
            Measure("ramps", "ramps", least=500),
            Measure("back", "sent back, in %", most=1, together=max),
            Measure("paused", "paused, in %", most=5, together=max),
        ),
    ),
    "R8": Claim(
        "Of several operators with one Lease, never two hold it at a time, in whatever order they are scheduled.",
        (MEMORY,),
        (Measure("interleavings", "interleavings", least=2_000), Measure("held", "times it changed hands")),
    ),
    "R8-processes": Claim(
        "Of processes that are stopped for longer than the Lease lasts, and killed, never two hold it at a time.",
        (MEMORY, SERVER),
        (Measure("tenures", "processes that held it, one after the other", least=10),),
    ),
    "R8-locks": Claim(
        "Processes that race for the locks of a run and of traffic objects are never inside together.",
        (PROCESSES,),
        (Measure("entered", "times inside", least=2_000), Measure("refused", "times refused")),
    ),
    "R9": Claim(
        "An edit of any touched object by somebody else, at any moment between calls, is found before the next call.",
        (MEMORY,),
        (
            Measure("edits", "edits"),
            Measure("kinds", "kinds of objects", together=max),
            Measure("missed", "not found", most=0),
            Measure("overwritten", "between a look and the call that writes over it"),
        ),
    ),
    "R13": Claim(
        "Each call of each plan is accepted with the rights of that call alone, and leads where the plan says.",
        (STAND_IN,),
        (Measure("calls", "calls", least=50), Measure("length", "characters of the longest policy", most=2_048, together=max)),
    ),
    "R11": Claim(
        "No secret that stands in an object which a run meets, or in what it is told, is in its journal, in any file of its folder or on the screen.",
        (PROCESSES,),
        (Measure("canaries", "canary secrets", least=500), Measure("shown", "shown", most=0)),
    ),
    "R16": Claim(
        "A journal of 100,000 lines is read and understood within seconds, so that a run goes on at once.",
        (PROCESSES,),
        (Measure("lines", "lines", least=100_000, together=max), Measure("seconds", "seconds of CPU", most=5, together=max)),
    ),
    "R17": Claim(
        "A disk that is full, fails or takes no file, a clock that is set, a night of sleep, and a process that stands still or is killed leave the journal whole and the lock with one holder.",
        (PROCESSES,),
    ),
    "R21": Claim("A journal of an earlier version is read, and this version writes it as before.", (PROCESSES,)),
    "R22": Claim(
        "Each story of a cutover that failed elsewhere is told by a test, in memory or by real requests, and happens when its guard is taken away.",
        (MEMORY,),
        (
            Measure("told", "told, of 28", least=28),
            Measure("harmed", "seen to harm without the guard", least=17),
        ),
    ),
    "R18": Claim(
        "Any byte of a run's folder that is changed, and any file that is gone or new in it, is found without a network.",
        (PROCESSES,),
        (Measure("changes", "changes", least=2_000), Measure("missed", "not found", most=0)),
    ),
    "Cluster": Claim(
        "What a run reads, applies, hands over, locks and deletes in a cluster behaves in memory as on a real server.",
        (MEMORY, SERVER),
    ),
}  # fmt: skip


def shown(value: Number) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"
