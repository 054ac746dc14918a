"""Addresses as far as rules can tell them apart: by the ranges that hold them.

Ranges of CIDR are nested or apart, so the addresses that no rule tells apart are a range without the ranges inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.resolve.security_groups import IpNetwork

Held = frozenset[str]  # the ranges that hold an address: what any rule can know of it


@dataclass(frozen=True)
class Ranges:
    """All ranges that rules, policies and endpoints name, as texts."""

    texts: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Ranges:
        return cls(frozenset(texts))

    @cached_property
    def _networks(self) -> list[IpNetwork]:
        return sorted((ip_network(text) for text in self.texts), key=_order)

    @cached_property
    def _parents(self) -> Mapping[str, tuple[str, ...]]:
        """Range to itself and all that hold it. In this order each comes after those that hold it."""
        found: dict[str, tuple[str, ...]] = {}
        open_ranges: list[IpNetwork] = []
        for network in self._networks:
            while open_ranges and not _holds(open_ranges[-1], network):
                open_ranges.pop()
            open_ranges.append(network)
            found[str(network)] = tuple(str(each) for each in open_ranges)
        return found

    @cached_property
    def _rest(self) -> Mapping[str, int]:
        """Range to the number of its addresses that no range inside it holds."""
        left = {str(network): network.num_addresses for network in self._networks}
        for text, parents in self._parents.items():
            if len(parents) > 1:
                left[parents[-2]] -= ip_network(text).num_addresses
        return left

    def inside(self, texts: Iterable[str], relevant: Held | None = None) -> tuple[Held, ...]:
        """The different kinds of addresses in the ranges *texts*, in a fixed order.

        *relevant*: the only ranges that matter (None: all do).
        """
        chosen = set(texts)
        found = {
            frozenset(parents if relevant is None else relevant.intersection(parents))
            for text, parents in self._parents.items()
            if self._rest[text] > 0 and not chosen.isdisjoint(parents)
        }
        return tuple(sorted(found, key=sorted))


def _order(network: IpNetwork) -> tuple[int, int, int]:
    return (network.version, int(network.network_address), network.prefixlen)


def _holds(outer: IpNetwork, inner: IpNetwork) -> bool:
    same = outer.version == inner.version and outer.prefixlen <= inner.prefixlen
    return same and int(inner.network_address) >> (inner.max_prefixlen - outer.prefixlen) == int(
        outer.network_address
    ) >> (outer.max_prefixlen - outer.prefixlen)
