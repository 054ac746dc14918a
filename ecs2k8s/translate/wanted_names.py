"""Names that callers use, with the workload that each must lead to, and which of them can be had."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import note
from ecs2k8s.resolve.discovery import callers
from ecs2k8s.translate.alias_ports import say_alias, usable
from ecs2k8s.translate.name_forms import API_SERVER, Form, form_for, is_legal
from ecs2k8s.translate.service import service_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.discovery import Alias, Registration
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.alias_ports import ServicePort

Key = tuple[str, str]  # namespace and name of a Service; an empty namespace and a name that CoreDNS rewrites
Meaning = tuple[str, str, str]  # namespace and name of a workload, name of the Service in front of it


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """One name of one workload: the aliases and the registration in Cloud Map that give it."""

    name: str
    workload: Workload
    form: Form
    aliases: list[Alias] = field(default_factory=list)
    registrations: list[Registration] = field(default_factory=list)

    @property
    def home(self) -> Key:
        return (self.workload.namespace, self.form.service)

    @property
    def meaning(self) -> Meaning:
        return (self.workload.namespace, self.workload.name, self.form.service)

    @property
    def keys(self) -> list[Key]:
        """Everything that must mean this workload and nothing else."""
        homes = [self.home] if self.form.fixed else []
        return [*homes, *self.form.elsewhere, *(("", name) for name in self.form.rewritten)]

    def say(self, slug: str, /, **args: object) -> None:
        """Say *slug* on each leaf that gives the name."""
        for alias in self.aliases:
            say_alias(alias, slug, name=self.name, **args)
        for registration in self.registrations:
            note(registration.view, "Name", slug, name=self.name, **args)


def wanted_names(offered: Mapping[Workload, list[ServicePort]], target: Target) -> list[Wanted]:
    """All names of the workloads (with the ports of their pods) that can be had; of the others it is said why not."""
    members = callers(offered)
    known = {workload.namespace for workload in offered}
    found: list[Wanted] = []
    for workload, ports in offered.items():
        joined = members.get(workload.connect.space.key, []) if workload.connect else []
        found += _of_workload(workload, ports, {member.namespace for member in joined}, known, target)
    found.sort(key=lambda wanted: (*wanted.meaning, wanted.name))
    return _without_clashes(found, own_services(offered, target))


def _of_workload(
    workload: Workload, ports: list[ServicePort], spaces: set[str], known: set[str], target: Target
) -> Iterator[Wanted]:
    aliases, registrations = usable(workload, ports), _published(workload)
    for name in sorted({alias.name for alias in aliases} | {each.name for each in registrations}):
        its = [alias for alias in aliases if alias.name == name]
        registered = [each for each in registrations if each.name == name]
        base = name if its else f"{registered[0].label}-headless"
        made = form_for(name, workload.namespace, base, target, callers=spaces if its else (), known=known)
        yield Wanted(name, workload, made, its, registered)


def _published(workload: Workload) -> list[Registration]:
    """The registrations that DNS answers with addresses."""
    named = [registration for registration in workload.registrations if registration.addresses]
    for registration in named:
        if not is_legal(registration.name):
            note(registration.view, "Name", "caller-name-illegal", name=registration.name)
    return [registration for registration in named if is_legal(registration.name)]


def own_services(offered: Mapping[Workload, list[ServicePort]], target: Target) -> dict[Key, Workload]:
    """The workloads' own Services: one for each that has a port."""
    return {(w.namespace, service_name(w, target)): w for w, ports in offered.items() if ports}


def _without_clashes(found: list[Wanted], own: Mapping[Key, Workload]) -> list[Wanted]:
    """Nothing is made of a name that would mean two workloads."""
    meanings: dict[Key, set[Meaning]] = defaultdict(set)
    meanings[API_SERVER].add(("default", "the API server", "kubernetes"))
    for key, workload in own.items():
        meanings[key].add((workload.namespace, workload.name, key[1]))
    for wanted in found:
        for key in wanted.keys:
            meanings[key].add(wanted.meaning)
    return [kept for wanted in found if (kept := _kept(wanted, meanings, own))]


def _kept(wanted: Wanted, meanings: Mapping[Key, set[Meaning]], own: Mapping[Key, Workload]) -> Wanted | None:
    """*wanted* without the namespaces where its name means another workload; None where it cannot be had at all."""
    lost = [key for key in wanted.keys if len(meanings[key]) > 1 and own.get(key) is not wanted.workload]
    for key in lost:
        others = sorted({f"{space}/{name}" for space, name, _ in meanings[key] - {wanted.meaning}})
        slug = "caller-name-taken" if key in own or key == API_SERVER else "caller-name-twice"
        wanted.say(slug, namespace=key[0] or "every namespace", others=", ".join(others))
    if any(key not in wanted.form.elsewhere or "." in wanted.name for key in lost):
        return None
    left = tuple(key for key in wanted.form.elsewhere if key not in lost)
    return replace(wanted, form=replace(wanted.form, elsewhere=left))
