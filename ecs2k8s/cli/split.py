"""`ecs2k8s split`: one workload into one for each path of its listener rules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from stat import S_IMODE
from typing import TYPE_CHECKING, Any

import msgspec

from ecs2k8s.assess.listener_paths import Lead, leads, proposal
from ecs2k8s.cli.console import Talk, out, table
from ecs2k8s.cli.coverage import check_finished
from ecs2k8s.cli.lying import lying
from ecs2k8s.core.errors import OutputError, TargetError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.pipeline import Made, objects
from ecs2k8s.render import directory
from ecs2k8s.render.split_text import split_text, with_split
from ecs2k8s.resolve.parts import part_of, why_not

if TYPE_CHECKING:
    from ecs2k8s.core.splits import Split
    from ecs2k8s.resolve.workload import Workload

SCHEMA = "ecs2k8s/split/v1"
REST = "(the rest)"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a split makes of a workload: `before` and `after` it. `is_new`: target.yaml does not have it yet."""

    key: str
    split: Split
    is_new: bool
    before: Made
    after: Made

    @property
    def workload(self) -> Workload:
        return next(each for each in self.after.inventory.workloads if each.folder == self.key)

    @property
    def leads(self) -> list[Lead]:
        return leads(self.workload, self.after.inventory)

    def of(self, workload: Workload) -> list[Lead]:
        """The rules that lead to *workload*: a part, or what is left."""
        return [lead for lead in self.leads if part_of(self.workload, lead.view).name == workload.name]

    def objects(self, workload: Workload) -> list[str]:
        """Kind and name of what belongs to *workload* alone, sorted."""
        label = ("app.kubernetes.io/name", workload.name)
        its = (m for m in self.after.bundle.manifests if m["metadata"].get("namespace") == workload.namespace)
        owned = (m for m in its if label in m["metadata"].get("labels", {}).items())
        return sorted(f"{ref.kind}/{ref.name}" for ref in map(ObjectRef.of, owned))

    @property
    def routing(self) -> list[tuple[str, str, bool]]:
        """Name of each load balancer that leads here, what the proof says of it, and whether the split is to blame."""
        held = {proof.routing.balancer.arn: proof.holds for proof in self.before.proofs}
        wanted = {lead.balancer for lead in self.leads}
        found = []
        for proof in self.after.proofs:
            balancer = proof.routing.balancer
            if balancer.name in wanted:
                said = "proved" if proof.holds else proof.difference or "refused; see the report"
                found.append((balancer.name, said, held.get(balancer.arn, False) and not proof.holds))
        return found


def run(name: str, wanted: str, talk: Talk, *, write: bool, as_json: bool) -> int:
    """Print the parts of the workload *wanted*, and with *write* keep them in target.yaml.

    Exit 3, with nothing written, where routing that was proved is not proved with the split.
    """
    place = Path(name)
    check_finished(place)
    preview = _preview(place, wanted)
    broken = [f"{balancer}: {said}" for balancer, said, is_broken in preview.routing if is_broken]
    written = _write(place, preview, talk) if write and not broken else False
    if as_json:
        print(json.dumps(_plain(preview, written=written), indent=2))
    else:
        _show(preview)
    for line in broken:
        talk.problem(f"routing is not proved with the split: {line}; nothing was written")
    if not broken and not write and preview.is_new:
        talk.stage(f"nothing was written: --write keeps it in {place / 'target.yaml'}")
    if written:
        snapshot, where = quote(str(place / "snapshot.json")), quote(str(place))
        talk.stage(f"wrote {place / 'target.yaml'}; next: ecs2k8s export --from {snapshot} -o {where}")
    return ExitCode.FAILED if broken else ExitCode.CLEAN


def _preview(place: Path, wanted: str) -> Preview:
    """Raises `TargetError` where there is no such workload, or nothing to split it by."""
    snapshot, target = lying(place)
    before = objects(snapshot, target)
    workload = _found(before, wanted)
    key = workload.folder
    if key in target.splits and workload.parts:
        return Preview(key, target.splits[key], is_new=False, before=before, after=before)
    if why := why_not(workload):
        raise TargetError(f"{key} cannot be split: {why}")
    known = leads(workload, before.inventory)
    split = proposal(known)
    if split is None:
        raise TargetError(f"{key} cannot be split: {_nothing(known)}")
    chosen = msgspec.structs.replace(target, splits=target.splits | {key: split})
    return Preview(key, split, is_new=True, before=before, after=objects(snapshot, chosen))


def _nothing(known: list[Lead]) -> str:
    if not known:
        return "no listener of an Application Load Balancer that was read sends to it"
    paths = sorted({path for lead in known for path in lead.paths})
    which = f"only {', '.join(paths)} leads to it" if paths else "no rule that leads to it has a path condition"
    return (
        f"{which}. Make a rule for each path at the load balancer first, with the same target group: it changes nothing"
    )


def _found(made: Made, wanted: str) -> Workload:
    """The workload by `namespace/name`, by its name, or by the ARN of its service."""
    whole = [workload for workload in made.translated if not workload.part]
    found = [each for each in whole if wanted in (each.folder, each.name, each.service_id)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(each.folder for each in (found or whole))
    raise TargetError(
        f"{wanted}: {'more than one workload' if found else 'no workload'} is called so; there are {known}"
    )


def _write(place: Path, preview: Preview, talk: Talk) -> bool:
    """Whether target.yaml was changed."""
    file = place / "target.yaml"
    if not preview.is_new:
        talk.stage(f"{file} has parts of {preview.key} already: they stay as they are")
        return False
    if file.is_symlink():
        raise OutputError(f"{file}: is a link; add to the file that it leads to by hand")
    mode = S_IMODE(file.stat().st_mode) if file.exists() else None
    try:
        text = file.read_bytes().decode() if file.exists() else ""
    except UnicodeDecodeError as error:
        raise TargetError(f"{file}: is not UTF-8; add it by hand") from error
    directory.put(place, file.name, with_split(text, preview.key, preview.split).encode())
    if mode is not None:
        file.chmod(mode)
    return True


def _show(preview: Preview) -> None:
    whole = preview.workload
    out(f"{preview.key}: {len(whole.parts)} parts, and what is left of it.")
    out()
    rows = [["part", "workload", "paths", "rules"]]
    for each in (*whole.parts, whole):
        rules = "; ".join(map(str, preview.of(each))) or "none"
        rows.append([each.part or REST, each.name, ", ".join(sorted(each.paths)) or "-", rules])
    table(rows, head=True)
    out()
    for each in (*whole.parts, whole):
        out(f"{each.part or REST}: {', '.join(preview.objects(each))}")
    out()
    for name, said, _ in preview.routing:
        out(f"routing of {name}: {said}")
    out()
    out("splits:")
    for line in split_text(preview.key, preview.split).splitlines():
        out(f"  {line}")


def _plain(preview: Preview, *, written: bool) -> dict[str, Any]:
    whole = preview.workload
    parts = [
        {
            "part": each.part or None,
            "workload": each.name,
            "paths": sorted(each.paths),
            "rules": [_rule(lead) for lead in preview.of(each)],
            "objects": preview.objects(each),
        }
        for each in (*whole.parts, whole)
    ]
    routing = [{"name": name, "proved": said == "proved", "said": said} for name, said, _ in preview.routing]
    chosen = {preview.key: msgspec.to_builtins(preview.split)}
    found = {"schema": SCHEMA, "workload": preview.key, "written": written, "parts": parts, "routing": routing}
    return found | {"splits": chosen}


def _rule(lead: Lead) -> dict[str, Any]:
    return {
        "load_balancer": lead.balancer,
        "listener": lead.listener,
        "priority": lead.priority,
        "paths": list(lead.paths),
        "other_conditions": list(lead.others),
    }
