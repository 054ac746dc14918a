from __future__ import annotations

from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.assess.addresses import Ranges

blocks = st.builds(
    lambda base, length: str(ip_network((f"10.0.0.{base}", length), strict=False)),
    st.integers(0, 31),
    st.integers(27, 32),
)


@given(st.sets(blocks, min_size=1, max_size=8), st.data())
def test_addresses_differ_by_the_ranges_that_hold_them(texts: set[str], data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.sampled_from(sorted(texts)), min_size=1))
    addresses = [ip_address(f"10.0.0.{n}") for n in range(32)]
    expected = {
        frozenset(text for text in texts if address in ip_network(text))
        for address in addresses
        if any(address in ip_network(text) for text in chosen)
    }
    assert set(Ranges.of(texts).inside(chosen)) == expected


def test_families_do_not_mix() -> None:
    found = Ranges.of(["0.0.0.0/0", "::/0", "2001:db8::/32", "10.0.0.0/8"])
    assert set(found.inside(["::/0"])) == {frozenset({"::/0"}), frozenset({"::/0", "2001:db8::/32"})}
    assert set(found.inside(["10.0.0.0/8"])) == {frozenset({"0.0.0.0/0", "10.0.0.0/8"})}
