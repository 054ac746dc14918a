"""Reads one Region of an account: every row of mappings/collect.yaml, as soon as those it comes after are answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any

from msgspec import structs

from ecs2k8s.collect import ids, trouble
from ecs2k8s.collect.calls import Call, calls, closure
from ecs2k8s.collect.pace import bucket_of
from ecs2k8s.collect.reading import Answer
from ecs2k8s.collect.redact import is_masked
from ecs2k8s.collect.request import send
from ecs2k8s.collect.resume import Partial, key
from ecs2k8s.collect.trouble import Trouble
from ecs2k8s.core.documents import canonical
from ecs2k8s.core.errors import Ecs2k8sError
from ecs2k8s.core.partitions import of_region

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.collect.reading import Item, Reading

THREADS = 8  # for each bucket of requests: the one that waits for its rate holds up no other
GIVEN_UP = 8  # connections to a service that were not made, with all attempts of each: it cannot be reached
BATCH = 2  # values that can be split

Progress = Callable[[str, int, int], None]  # service, requests answered, requests known so far
Sent = tuple[list[Answer], list[Trouble]]
Pools = dict[str, ThreadPoolExecutor]


@dataclass(slots=True)
class Clients:
    """What the Regions of one account share: how clients are made, and answers that are the same in all of them."""

    make: Callable[[str, str], Any]  # service and Region to a client
    mask: Callable[[Any], Any] = lambda value: value  # of what is written or said
    made: dict[tuple[str, str], Any] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    shared: dict[str, Sent] = field(default_factory=dict)

    def client(self, service: str, region: str) -> Any:
        with self.lock:  # making one is not safe in several threads
            if (service, region) not in self.made:
                self.made[service, region] = self.make(service, region)
            return self.made[service, region]


@dataclass(slots=True)
class Run:
    """One reading of one Region."""

    clients: Clients
    reading: Reading
    partial: Partial | None = None
    progress: Progress = lambda *_: None
    troubles: list[Trouble] = field(default_factory=list)
    known: Counter[str] = field(default_factory=Counter)  # requests by service
    answered: Counter[str] = field(default_factory=Counter)
    silent: Counter[str] = field(default_factory=Counter)  # connections in a row that were not made, by service
    open: Counter[str] = field(default_factory=Counter)  # requests without an answer, by call
    done: SimpleQueue[tuple[Call, Future[Sent]]] = field(default_factory=SimpleQueue)

    def read(self) -> list[Trouble]:
        """Fill the reading. What gave no answer is returned, nothing is raised for it."""
        waiting = list(calls().values())
        with pools() as workers:
            while waiting or self.open:
                finished = self.reading.given.keys() - self.open.keys()
                ready = [row for row in waiting if finished.issuperset(row.after)]
                for row in ready:
                    waiting.remove(row)
                    self._start(row, workers[bucket_of(row)])
                if not ready:
                    self._finish()
        return self.troubles

    def _start(self, row: Call, pool: ThreadPoolExecutor) -> None:
        self.reading.given[row.name] = []
        try:
            asked = list(requests(row, self.reading))
        except trouble.ODD as error:
            self.troubles.append(trouble.lacking(row, error))
            return
        for parameters in asked:
            self.known[row.service] += 1
            self.open[row.name] += 1
            pool.submit(self._one, row, parameters).add_done_callback(lambda future: self.done.put((row, future)))

    def _finish(self) -> None:
        """Take answers until those of one row are complete."""
        while True:
            row, future = self.done.get()
            answers, troubles = future.result()
            for parameters, answer in answers:
                if self.partial and self.partial.find(row.name, self._key(parameters)) is None:
                    self.partial.add(row.name, self._key(parameters), self.clients.mask(answer))
            self.reading.given[row.name] += answers
            self.troubles += troubles
            self.answered[row.service] += 1
            self.open[row.name] -= 1
            self.progress(row.service, self.answered[row.service], self.known[row.service])
            if not self.open[row.name]:
                del self.open[row.name]
                self.reading.given[row.name].sort(key=lambda answer: canonical(answer[0]))
                return

    def _key(self, parameters: Item) -> Item:
        return {"region": self.reading.region, **parameters}

    def _one(self, row: Call, parameters: Item) -> Sent:
        """One request, from the interrupted run or another Region where that has the answer.

        What was masked in the file of the interrupted run is asked for again: a masked address leads nowhere.
        """
        found = self.partial.find(row.name, self._key(parameters)) if self.partial else None
        kept = None if found is None or is_masked(found) else ([(parameters, found)], list[Trouble]())
        if row.scope == "region":
            return kept or self._send(row, parameters)
        name = key(row.name, parameters)
        if name not in self.clients.shared:
            self.clients.shared[name] = kept or self._send(row, parameters)
        return self.clients.shared[name]

    def _send(self, row: Call, parameters: Item) -> Sent:
        if self.silent[row.service] >= GIVEN_UP:
            return [], [Trouble(row.name, "no-answer", "not asked again", self.clients.mask(about(row, parameters)))]
        try:
            client = self.clients.client(row.service, self.reading.region)
            answer = send(client, row, parameters)
        except Ecs2k8sError:
            raise  # the guard: a defect of ours, not of the account
        except Exception as error:  # noqa: BLE001 (whatever botocore raises is data: the rest goes on)
            return self._failed(row, parameters, error)
        self.silent[row.service] = 0
        return [(parameters, answer)], []

    def _failed(self, row: Call, parameters: Item, error: Exception) -> Sent:
        """What is known all the same, by other requests where the row has some."""
        code = trouble.code_of(error)
        self.silent[row.service] += trouble.unreachable(error)
        if code in row.absent:
            return [(parameters, {})], []
        if code in row.otherwise:
            one_by_one = structs.replace(row, ids=row.otherwise[code], otherwise={})
            return self._together(one_by_one, requests(one_by_one, self.reading))
        if code in row.split and len(values_of(row, parameters)) >= BATCH:
            return self._together(row, split(row, parameters))
        return [], [trouble.of(row, error, self.clients.mask(about(row, parameters)))]

    def _together(self, row: Call, asked: Iterable[Item]) -> Sent:
        parts = [self._send(row, parameters) for parameters in asked]
        return [each for part in parts for each in part[0]], [each for part in parts for each in part[1]]


@contextmanager
def pools() -> Iterator[Pools]:
    """Threads for each bucket. After an interruption nothing more is sent, and nobody waits for what is under way."""
    workers = {bucket_of(row): ThreadPoolExecutor(THREADS) for row in calls().values()}
    try:
        yield workers
    finally:
        for pool in workers.values():
            pool.shutdown(wait=False, cancel_futures=True)


def requests(row: Call, reading: Reading) -> Iterator[Item]:
    """The parameters of each request of *row*: no value twice, as many in one as its batch takes, in stable order."""
    if row.partitions and of_region(reading.region) not in row.partitions:
        return
    found = getattr(ids, row.ids)(reading.limited(closure(row.name))) if row.ids else [{}]
    name, size = row.batched
    groups: dict[bytes, tuple[Item, dict[bytes, Any]]] = {}
    for each in found:
        value = each.get(name)
        fixed = {other: its for other, its in each.items() if other != name}
        group = groups.setdefault(canonical(fixed), (fixed, {}))
        group[1][canonical(value)] = value
    for _, (fixed, values) in sorted(groups.items()):
        if not name:
            yield row.parameters(fixed, [])
            continue
        ordered = [value for _, value in sorted(values.items())]
        for start in range(0, len(ordered), size):
            yield row.parameters(fixed, ordered[start : start + size])


def values_of(row: Call, parameters: Item) -> list[Any]:
    """The values of the batched parameter in a request."""
    outer, dot, _ = row.batched[0].partition(".")
    found: list[Any] = parameters[outer][0]["Values"] if dot else parameters[outer]
    return found


def split(row: Call, parameters: Item) -> Iterator[Item]:
    """The same request in two halves."""
    values = values_of(row, parameters)
    fixed = {name: value for name, value in parameters.items() if name != row.batched[0].partition(".")[0]}
    for part in (values[: len(values) // 2], values[len(values) // 2 :]):
        yield row.parameters(fixed, part)


def about(row: Call, parameters: Item) -> str:
    """What a request asked about: its texts, the first few, without those of every request of its row."""
    texts: list[str] = []
    for name, value in parameters.items():
        if name in row.send:
            continue
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, list):
            named = (its for each in value for its in (each.get("Values", ()) if isinstance(each, dict) else [each]))
            texts += [each for each in named if isinstance(each, str)]
    return " ".join(texts[:2]) + (f" and {len(texts) - 2} more" if len(texts) > 2 else "")  # noqa: PLR2004
