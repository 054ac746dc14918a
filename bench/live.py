"""What reading a live account costs: requests beside the fewest that the APIs allow, time, processor and memory.

python -m bench.live             200 and 1,000 services
python -m bench.live 50          other counts

The replay layer answers on a loopback port in this process; the export is a process of its own, and only that is
measured. It does not wait for the rates that AWS documents: how long those take at least is computed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass

from bench.estate import ACCOUNT, REGION, documents, floor
from ecs2k8s.collect.calls import calls, paces
from ecs2k8s.collect.pace import SHARE, bucket_of
from ecs2k8s.replay.answers import account
from ecs2k8s.replay.hook import Hook
from ecs2k8s.replay.server import listening

EXPORT = """
import resource, sys, time
from ecs2k8s.cli import export
from ecs2k8s.cli.console import Talk
from ecs2k8s.collect.live import Live
from ecs2k8s.collect.login import Login
from ecs2k8s.collect.pace import Pacer

def timed(method):
    def run(*args):
        start = time.perf_counter()
        found = method(*args)
        print(time.perf_counter() - start)
        return found
    return run

Pacer.wait, Live.read = (lambda *_: None), timed(Live.read)
start = time.perf_counter()
request = export.Request(output=sys.argv[2], login=Login(regions=(sys.argv[3],), endpoint_url=sys.argv[1]))
code = export.run(request, Talk(0))
used = resource.getrusage(resource.RUSAGE_SELF)
print(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss, int(code))
"""
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "none", "AWS_EC2_METADATA_DISABLED": "true"}


@dataclass(frozen=True, slots=True)
class Cost:
    requests: Counter[str]  # by operation
    reading: float  # seconds
    wall: float  # seconds, with translation and writing
    processor: float  # seconds
    peak: float  # MiB
    code: int


def cost(count: int) -> Cost:
    hook = Hook((account(documents(count), ACCOUNT),))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")} | KEYS
    with listening(hook) as url, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", EXPORT, url, folder, REGION]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    reading, wall, processor, peak, code = map(float, done.stdout.split())
    return Cost(Counter(each.call for each in hook.calls), reading, wall, processor, peak / 1024, int(code))


def at_least(requests: Counter[str]) -> tuple[float, str]:
    """Seconds that these requests take at the rates that are kept to, and the bucket that takes longest."""
    sent: Counter[str] = Counter()
    for call, number in requests.items():
        sent[bucket_of(calls()[call])] += number
    paced = {bucket_of(row): paces()[row.pace] for row in calls().values()}
    return max((max(0, sent[name] - pace.burst) / pace.rate / SHARE, name) for name, pace in paced.items())


def show(count: int) -> None:
    found, least = cost(count), sum(floor(count).values())
    number = found.requests.total()
    print(f"{count} services, live: {number} requests, {least} at least, ratio {number / least:.3f}; exit {found.code}")
    print(f"  reading {found.reading:.1f} s of {found.wall:.1f} s", end=", ")
    print(f"processor {found.processor:.1f} s, peak {found.peak:.0f} MiB")
    seconds, bucket = at_least(found.requests)
    print(f"  at the rates of AWS it takes {seconds:.0f} s at least, for {bucket}")


if __name__ == "__main__":
    for wanted in [int(text) for text in sys.argv[1:]] or [200, 1000]:
        show(wanted)
