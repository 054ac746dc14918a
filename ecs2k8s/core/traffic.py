"""Traffic as a set of protocols and ports, with the algebra that translating and comparing need."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Span = tuple[str, int, int]  # protocol, first and last port
Traffic = tuple[Span, ...]  # sorted; spans of one protocol neither overlap nor touch

HIGHEST = 65535
WITH_PORTS = ("SCTP", "TCP", "UDP")
ICMP, OTHER = "ICMP", "OTHER"  # every other IP protocol counts as one
NOTHING: Traffic = ()
ALL: Traffic = (
    (ICMP, 0, 0),
    (OTHER, 0, 0),
    ("SCTP", 1, HIGHEST),
    ("TCP", 1, HIGHEST),
    ("UDP", 1, HIGHEST),
)
NUMBERS = {"6": "TCP", "17": "UDP", "132": "SCTP", "1": ICMP, "58": ICMP}
NAMES = {"tcp": "TCP", "udp": "UDP", "sctp": "SCTP", "icmp": ICMP, "icmpv6": ICMP}


def of_rule(protocol: str, first: int | None, last: int | None) -> Traffic:
    """What a rule of a security group is about. Ports begin at 1: nothing listens on port 0.

    A security group looks at ports of TCP and UDP only; for other numbers it ignores them
    (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html).
    """
    if protocol == "-1":
        return ALL
    name = NUMBERS.get(protocol) or NAMES.get(protocol.lower(), OTHER)
    if name in (ICMP, OTHER):
        return ((name, 0, 0),)
    whole = name == "SCTP" or first is None or last is None or first < 0 or last < 0
    return union([(name, 1, HIGHEST) if whole else (name, max(first or 0, 1), min(last or 0, HIGHEST))])


def union(*parts: Iterable[Span]) -> Traffic:
    """All spans of *parts*, merged; a span that ends before it begins is none."""
    merged: list[Span] = []
    for protocol, first, last in sorted(span for part in parts for span in part if span[1] <= span[2]):
        if merged and merged[-1][0] == protocol and first <= merged[-1][2] + 1:
            merged[-1] = (protocol, merged[-1][1], max(merged[-1][2], last))
        else:
            merged.append((protocol, first, last))
    return tuple(merged)


@lru_cache(maxsize=100_000)
def intersection(one: Traffic, other: Traffic) -> Traffic:
    if ALL in (one, other):
        return other if one == ALL else one
    return union((p, max(a, c), min(b, d)) for p, a, b in one for q, c, d in other if p == q)


@lru_cache(maxsize=100_000)
def difference(one: Traffic, other: Traffic) -> Traffic:
    """What *one* has and *other* has not."""
    return union(part for span in one for part in _without(span, other))


def _without(span: Span, other: Traffic) -> Iterator[Span]:
    protocol, first, last = span
    taken = [(a, b) for p, a, b in other if p == protocol and a <= last and b >= first]
    edges = [(first - 1, first - 1), *taken, (last + 1, last + 1)]
    yield from ((protocol, max(first, before + 1), min(last, after - 1)) for (_, before), (after, _) in pairwise(edges))


def shown(traffic: Traffic) -> str:
    """`TCP 80, TCP 9000-9010, UDP`; `everything`; `nothing`."""
    if traffic in (ALL, NOTHING):
        return "everything" if traffic else "nothing"
    return ", ".join(_span(*span) for span in traffic)


def _span(protocol: str, first: int, last: int) -> str:
    if protocol == OTHER:
        return "other protocols"
    if protocol == ICMP or (first, last) == (1, HIGHEST):
        return protocol
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"
