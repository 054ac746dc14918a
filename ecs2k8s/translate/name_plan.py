"""What is made so that names keep working: Services, links to them from other namespaces, rewrites of CoreDNS."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecs2k8s.core import names
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.alias_ports import with_aliases
from ecs2k8s.translate.lifecycle import arrange
from ecs2k8s.translate.name_forms import SUFFIX, service_label
from ecs2k8s.translate.ports import ports, service_ports
from ecs2k8s.translate.wanted_names import Key, Wanted, own_services, wanted_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.discovery import Registration
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.alias_ports import ServicePort


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A Service beside the workload's own: with an address of its own, or headless (the pods' addresses).

    `published` is the Cloud Map name that external-dns is to publish, once it may.
    """

    workload: Workload
    ports: list[ServicePort]
    headless: bool = False
    published: Registration | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`services` and `links` by namespace and name; a link leads to the whole name of a Service in another namespace.

    `rewrites`: name, without the final dot, to the whole name of a Service. Names that a link or a rewrite has are in
    `services` or are the workload's own Service.
    """

    services: dict[Key, Made] = field(default_factory=dict)
    links: dict[Key, tuple[Workload, str]] = field(default_factory=dict)
    rewrites: dict[str, str] = field(default_factory=dict)


def offered_ports(workload: Workload) -> list[ServicePort]:
    """Ports of the workload's own Service, without those that aliases add; none for a Job, which nobody calls."""
    if workload.is_job:
        return []
    running = [slot.container for slot in arrange(workload).slots if slot.role != "init"]
    return service_ports(ports(workload, running))


def plan(workloads: Iterable[Workload], target: Target) -> Plan:
    """The whole plan for the workloads that are translated."""
    listed = list(workloads)
    if not any(workload.connect or workload.registrations for workload in listed):
        return Plan()
    offered = {workload: offered_ports(workload) for workload in listed}
    own = own_services(offered, target)
    made = Plan()
    published: list[tuple[Registration, Key, Workload]] = []
    for key, group in _by_service(wanted_names(offered, target), own).items():
        workload = group[0].workload
        found, working = _working(group, offered[workload], owned=key in own)
        if working and key not in own:
            made.services[key] = Made(workload, found, headless=not any(w.aliases for w in working))
        _lead(made, working, ".".join((key[1], key[0], SUFFIX)), target)
        published += [(registration, key, workload) for wanted in working for registration in wanted.registrations]
    for registration, key, workload in published:
        _publish(made, registration, key, Made(workload, offered[workload], headless=True), own, target)
    return made


def _by_service(found: list[Wanted], own: Mapping[Key, Workload]) -> dict[Key, list[Wanted]]:
    """Namespace and name of a Service to the names that it answers, all of one workload."""
    taken = own.keys() | {key for wanted in found for key in wanted.keys}
    bases = Counter(wanted.home for wanted in found if not wanted.form.fixed)
    shared = {key for key, count in bases.items() if count > 1}
    groups: dict[Key, list[Wanted]] = defaultdict(list)
    for wanted in found:
        key = wanted.home if wanted.form.fixed else _free(wanted.home, wanted.name, taken | shared | groups.keys())
        groups[key].append(wanted)
    return dict(groups)


def _free(wanted: Key, seed: str, taken: Collection[Key]) -> Key:
    """*wanted*, or the same with a hash of *seed* behind it where that is taken."""
    space, name = wanted
    choices = (names.suffixed(name, seed + "/" * count) for count in itertools.count())
    return (
        (space, name) if wanted not in taken else next(key for each in choices if (key := (space, each)) not in taken)
    )


def _working(group: list[Wanted], offered: list[ServicePort], *, owned: bool) -> tuple[list[ServicePort], list[Wanted]]:
    """The ports of a Service, and the names of *group* that it serves."""
    registered = any(wanted.registrations for wanted in group)
    aliases = [alias for wanted in group for alias in wanted.aliases]
    found, served = with_aliases(offered if owned or registered else [], aliases)
    return found, [w for w in group if w.registrations or any(alias in served for alias in w.aliases)]


def _lead(made: Plan, working: list[Wanted], service: str, target: Target) -> None:
    """Links and rewrites of the names in *working* to *service*."""
    for wanted in working:
        made.links.update(dict.fromkeys(wanted.form.elsewhere, (wanted.workload, service)))
        if not wanted.form.rewritten:
            continue
        if target.compute == "auto-mode":
            wanted.say("rewrite-not-possible", service=service)
            continue
        made.rewrites.update(dict.fromkeys(wanted.form.rewritten, service))
        if not wanted.aliases:
            wanted.say("zone-answers-until-rewritten", service=service)
        else:
            wanted.say("name-with-underscore" if "_" in wanted.name else "name-needs-rewrite", service=service)


def _publish(  # noqa: PLR0913, PLR0917
    made: Plan, registration: Registration, key: Key, headless: Made, own: Mapping[Key, Workload], target: Target
) -> None:
    """The headless Service by which external-dns publishes a name of a private zone: the one at *key*, else another."""
    standing = made.services.get(key)
    alone = standing is not None and standing.headless and standing.published is None
    if not alone:
        service = ".".join((key[1], key[0]))
        note(registration.view, "Name", "name-of-one-address", name=registration.name, service=service)
    if registration.space.type == "DNS_PUBLIC":
        note(registration.space.view, "Type", "zone-is-public", zone=registration.space.name)
        return
    if not alone:
        name = service_label(f"{registration.label}-headless", target)
        taken = made.services.keys() | made.links.keys() | own.keys()
        key = _free((key[0], name), registration.name, taken)
    made.services[key] = replace(headless, published=registration)
