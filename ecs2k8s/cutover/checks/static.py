"""The checks that the translation decided already, under their ids: findings, ledger, proofs and fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.checks import checks
from ecs2k8s.core.findings import catalogue, message
from ecs2k8s.core.listing import listed
from ecs2k8s.cutover.checks.estate import cases
from ecs2k8s.cutover.checks.needs import APPLIES, NEEDS
from ecs2k8s.cutover.checks.proofs import NOTHING_TO_PROVE, PROOFS, Proof, worst
from ecs2k8s.cutover.verdicts import Result, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.checks import Check, Weight
    from ecs2k8s.core.findings import Finding
    from ecs2k8s.cutover.checks.estate import Case, Estate
    from ecs2k8s.cutover.verdicts import Verdict

STATIC = "S"  # the first letter of ids of checks that need no run
MOST = 3  # edited objects that are named
SAYS: dict[Weight, Verdict] = {"fails": "fail", "doubts": "inconclusive", "shows": "pass"}


def static_results(estate: Estate, unit: Iterable[str] = ()) -> list[Result]:
    """In the order of mappings/checks.yaml, each workload apart. *unit*: `namespace/name` of those to look at."""
    found = cases(estate, unit)
    return [result for ident, check in checks().items() for case in found for result in _result(ident, check, case)]


def _result(ident: str, check: Check, case: Case) -> Iterator[Result]:
    """One, where the check is about the case; of what workloads share only where there is something to say."""
    said = {finding: weight for finding in case.findings if (weight := check.weight(finding.slug))}
    if check.origin == "person" and ident.startswith(STATIC) and case.workload is None:
        yield Result(ident, case.subject, "inconclusive", "not coded: by hand", missing=check.data)
    if check.origin != "findings" and not said:
        return
    if case.workload is None and check.about == "workload" and not said and not check.proof:
        return
    if case.workload is not None and check.about == "estate" and not said:
        return
    if case.workload is not None and check.applies and not said and not APPLIES[check.applies](case):
        yield Result(ident, case.subject, "not_applicable")
        return
    if result := _judged(ident, check, case, said):
        yield result


def _judged(ident: str, check: Check, case: Case, said: dict[Finding, Weight]) -> Result | None:
    whole = case.workload is None or check.about == "workload"
    proof = _proof(check, case) if check.proof and whole else NOTHING_TO_PROVE
    if case.workload is None and check.about == "workload" and not said and proof == NOTHING_TO_PROVE:
        return None
    lacks = _lacks(check, case, proof)
    verdicts: list[Verdict] = [SAYS[weight] for weight in said.values()]
    verdicts += [proof.verdict] if proof.verdict != "not_applicable" else []
    if lacks or check.origin == "world":
        verdicts.append("inconclusive")
    verdict = worst([*verdicts, "pass"])
    lines = (*proof.lines, *(_line(finding) for finding in sorted(said, key=lambda each: _order(said[each], each))))
    return Result(
        id=ident,
        subject=case.subject,
        verdict=verdict,
        text=_text(verdict, said, lacks),
        missing="; ".join(lacks),
        sources=(Source("snapshot.json", case.estate.snapshot.taken),),
        lines=lines,
    )


def _proof(check: Check, case: Case) -> Proof:
    """Whoever edits an object may give it any form at all; what is generated has its own."""
    try:
        return PROOFS[check.proof](case)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        if not case.estate.edits:
            raise
        return Proof("inconclusive", why="what an object says that was edited by hand: it has no form of Kubernetes")


def _lacks(check: Check, case: Case, proof: Proof) -> list[str]:
    """What would have to be known beside what is."""
    found = [what for need in check.needs if (what := NEEDS[need](case))]
    calls = {dict(finding.args).get("call", "") for finding in case.estate.translation.unread}
    found += [f"{call.replace('.', ':')} was not answered" for call in sorted(calls) if check.waits_for(call)]
    if proof.why:
        found.append(proof.why)
    if case.workload and case.edited and not proof.judges_edits:
        found.append(f"what the edits by hand of {listed(case.edited, MOST)} mean for it")
    return found


def _order(weight: Weight, finding: Finding) -> tuple[int, Finding]:
    return ["fails", "doubts", "shows"].index(weight), finding


def _line(finding: Finding) -> str:
    where = f"{finding.path}: " if finding.path else ""
    return f"{finding.slug}: {where}{message(finding)}"


def _text(verdict: Verdict, said: dict[Finding, Weight], lacks: list[str]) -> str:
    """One sentence: the finding that decides, else what was not read."""
    deciding = [finding for finding, weight in said.items() if SAYS[weight] == verdict and verdict != "pass"]
    if deciding:
        first = catalogue()[min(deciding).slug].title
        return first if len(deciding) == 1 else f"{first}, and {len(deciding) - 1} more"
    return f"not known: {lacks[0]}" if verdict == "inconclusive" and lacks else ""
