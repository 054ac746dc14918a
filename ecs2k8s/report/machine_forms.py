"""Every JSON that this program writes for machines, as a type; docs/schemas/ is made of these.

Within a major version, forms only grow: a key may be added, none goes, and none changes what it means. AWS's own
documents (policies, templates, what changes of a role) and SARIF have schemas of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from ecs2k8s.assess import dependencies
from ecs2k8s.compare import changes
from ecs2k8s.core.fidelity import Fidelity
from ecs2k8s.core.findings import Severity
from ecs2k8s.core.splits import Split

Slug = Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", description="Of docs/findings.md.")]
Subject = Annotated[str, Meta(description="An ARN, a file, or Kind/namespace/name.")]
LeafPath = Annotated[str, Meta(description="containerDefinitions[0].cpu; empty for the subject as a whole.")]
Count = Annotated[int, Meta(ge=0)]
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256.")]
Base = Annotated[str, Meta(pattern="^([0-9a-f]{64})?$", description="SHA-256; empty: a file was there before.")]
Amount = Annotated[str, Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="A decimal as text, because it is exact.")]
CheckId = Annotated[str, Meta(pattern="^[SLT][0-9]{2}$", description="Of docs/checks.md.")]
CheckSeverity = Literal["blocker", "warning", "info"]
Time = Annotated[str, Meta(description="RFC 3339, UTC.")]
JournalLine = Annotated[int, Meta(ge=1, description="Of journal.jsonl.")]
Way = Literal["forth", "back"]


class Form(Struct, forbid_unknown_fields=True):
    """What is ours is closed: a key that no schema names is a defect."""


class Totals(Form):
    """Leaves by verdict."""

    exact: Count
    approximated: Count
    manual: Count
    not_applicable: Count = field(name="not-applicable")


class Severities(Form):
    """Findings by severity."""

    error: Count
    warning: Count
    note: Count


class SnapshotDocument(Form):
    """One resource as a read API of AWS describes it; *data* is AWS's own form."""

    shape: Annotated[str, Meta(description="Service and shape of botocore: ecs.TaskDefinition.")]
    id: str
    data: dict[str, Any]


class Said(Form):
    """A finding before its text is filled in."""

    slug: Slug
    subject: Subject
    path: LeafPath
    args: dict[str, str]


class Snapshot(Form):
    """snapshot.json: what AWS said. Everything else is a function of it and of target.yaml."""

    format: Literal["ecs2k8s/snapshot/v1"]
    taken: Time
    documents: list[SnapshotDocument]
    failures: list[Said]
    notes: list[Said]
    scope: Annotated[
        dict[Literal["cluster", "service", "exclude"], list[str]],
        Meta(description="Options of the export that left things out; absent where everything was read."),
    ] = {}
    live: Annotated[bool, Meta(description="AWS was asked; else files were given.")] = False


class LedgerEntry(Form):
    """The verdict on one leaf of one document."""

    document: str
    shape: str
    path: LeafPath
    fidelity: Fidelity
    to: Annotated[list[str], Meta(description="Places in manifests, without list indices: Pod.spec.containers.image.")]
    because: str
    slugs: list[Slug]


class Ledger(Form):
    """report/ledger.json: an entry for each leaf, and what lies in the directory, by path."""

    format: Literal["ecs2k8s/ledger/v1"]
    totals: Totals
    entries: list[LedgerEntry]
    files: Annotated[dict[str, Base], Meta(description="Generated files, with what each was merged with last.")]
    merged: Annotated[dict[str, Hash], Meta(description="Files with edits of people, as the export left them.")]
    left: Annotated[dict[str, Hash], Meta(description="As `files`, of what was edited and is no longer generated.")]
    removed: Annotated[list[str], Meta(description="Files that people removed.")]


class Generated(Form):
    """generated.json: the text that each file, which people may edit, was merged with last."""

    format: Literal["ecs2k8s/generated/v1"]
    files: dict[str, str]


class EditValue(Form):
    """A value, or that it is not shown."""

    value: Any | UnsetType = UNSET
    masked: Literal[True] | UnsetType = UNSET


class Edit(Form):
    """One difference between what lies in a file and what is generated. A value that is not there has no key."""

    file: str
    path: Annotated[str, Meta(description="Of the value, or lines; empty for the file as a whole.")]
    because: str
    then: EditValue | UnsetType = UNSET
    now: EditValue | UnsetType = UNSET
    edited: EditValue | UnsetType = UNSET


class Edits(Form):
    """report/edits.json: what people changed in the directory. It is there only where they did."""

    format: Literal["ecs2k8s/edits/v1"]
    conflicts: list[Edit]
    kept: list[Edit]


class EditTotals(Form):
    """Of one directory: edited files, edits that were kept, and conflicts."""

    files: Count
    kept: Count
    conflicts: Count


class Finding(Form):
    """One item of report/findings.json."""

    slug: Slug
    severity: Severity
    subject: Subject
    path: LeafPath
    message: str
    action: str
    see: str


class CostLine(Form):
    """One thing that is paid for. A price that is not known is null."""

    subject: str
    priced_as: str = field(name="pricedAs")
    units: Amount
    per_hour: Amount | None = field(name="perHour")
    per_month: Amount | None = field(name="perMonth")


class Fleet(Form):
    """One side of the comparison; without all prices it is not complete."""

    lines: list[CostLine]
    missing: list[str]
    per_month: Amount = field(name="perMonth")
    complete: bool


class Fleets(Form):
    """Before and after."""

    ecs: Fleet = field(name="ECS")
    eks: Fleet = field(name="EKS")


class Cost(Form):
    """report/cost.json, where prices were given."""

    format: Literal["ecs2k8s/cost/v1"]
    currency: str
    region: str
    fleets: Fleets
    assumptions: list[str]


class AccountDirectory(Form):
    """One account and Region."""

    directory: str
    workloads: Count
    findings: Severities


class Accounts(Form):
    """report/accounts.json: the directories of several accounts or Regions."""

    format: Literal["ecs2k8s/accounts/v1"]
    directories: list[AccountDirectory]
    empty: Annotated[list[str], Meta(description="Where nothing runs on ECS.")]
    unread: Annotated[list[str], Meta(description="What could not be read.")]


class GroupRule(Form):
    """A rule that a security group of others needs, with its command and the way back."""

    group: str
    direction: Literal["ingress", "egress"]
    protocol: Annotated[str, Meta(description="As AWS writes it; -1 for all.")]
    from_port: int | None = field(name="fromPort")
    to_port: int | None = field(name="toPort")
    peer_kind: str = field(name="peerKind")
    peer: str
    option: Literal["pods-out", "pods-in", "others-out"]
    until_cutover: bool = field(name="untilCutover")
    repeats: str = field(name="repeatsRuleOf")
    command: str
    back: str


class GroupRules(Form):
    """aws/security-group-rules.json."""

    format: Literal["ecs2k8s/security-group-rules/v1"]
    rules: list[GroupRule]


class Export(Form):
    """`export --format json`: what became of one account and Region."""

    schema: Literal["ecs2k8s/export/v1"]
    directory: str
    workloads: Count
    refused: Count
    objects: Count
    leaves: Totals
    findings: Severities
    edits: EditTotals
    failures: list[str]


class Exports(Form):
    """`export --format json` of several accounts or Regions."""

    schema: Literal["ecs2k8s/exports/v1"]
    directories: list[Export]
    empty: list[str]
    unread: list[str]


class Coverage(Form):
    """`coverage --format json`: totals, and those of each shape."""

    schema: Literal["ecs2k8s/coverage/v1"]
    totals: Totals
    shapes: dict[str, Totals]


class ExplainedField(Form):
    """A row of a table. `verdicts` by choice of target.yaml, `else` for all others."""

    shape: str
    field: Annotated[str, Meta(description="As AWS writes it, [] for items and * for keys that people name.")]
    verdicts: dict[str, Fidelity]
    to: list[str]
    because: str
    action: str
    see: str
    findings: list[Slug]


class ExplainedPlace(Form):
    """A place in manifests that no field of AWS asked for, and why it is written."""

    place: str
    because: str


class ExplainedFinding(Form):
    """An entry of the catalogue. Text in braces is filled in from the input."""

    slug: Slug
    severity: Severity
    title: str
    text: str
    action: str
    see: str
    fidelity: Annotated[Fidelity | None, Meta(description="What the field becomes that it is said of.")]


class ExplainedCheck(Form):
    """A check of a cutover."""

    id: CheckId
    severity: CheckSeverity
    title: str
    rule: str
    data: str
    remedy: str
    see: str
    phases: list[str]
    origin: Annotated[
        Literal["findings", "world", "person"],
        Meta(description="findings: the export decided it. world: AWS or the cluster is read. person: by hand."),
    ] = field(name="from")
    waivable: bool
    findings: Annotated[list[Slug], Meta(description="Findings that decide it or are shown with it.")]


class Explained(Form):
    """`explain --format json`: what is known of a field, a place, a finding or a check; of all without one."""

    schema: Literal["ecs2k8s/explain/v1"]
    checks: list[ExplainedCheck]
    fields: list[ExplainedField]
    added: list[ExplainedPlace]
    findings: list[ExplainedFinding]


class RoutingRow(Form):
    """A request, and what happens to it today and with the generated objects."""

    listener: str
    request: str
    today: str
    ingress: str


class RoutingProof(Form):
    """One load balancer."""

    arn: str
    name: str
    proved: bool
    difference: str
    rows: list[RoutingRow]


class Routing(Form):
    """`diff routing --format json`."""

    schema: Literal["ecs2k8s/routing/v1"]
    controller: Annotated[str, Meta(description="Version of the AWS Load Balancer Controller that was modelled.")]
    load_balancers: list[RoutingProof]


class SplitRule(Form):
    """A listener rule that leads to a part."""

    load_balancer: str
    listener: str
    priority: str
    paths: list[str]
    other_conditions: list[str]


class SplitPart(Form):
    """One part, or what is left (null)."""

    part: str | None
    workload: str
    paths: list[str]
    rules: list[SplitRule]
    objects: list[str]


class SplitRouting(Form):
    """What the proof says of a load balancer with the parts."""

    name: str
    proved: bool
    said: str


class SplitPreview(Form):
    """`split --format json`."""

    schema: Literal["ecs2k8s/split/v1"]
    workload: str
    written: bool
    parts: list[SplitPart]
    routing: list[SplitRouting]
    splits: dict[str, Split]


class DiffSide(Form):
    """One side of a row: a value, or that it is masked, and where it stands."""

    type: Literal["null", "boolean", "integer", "number", "string", "array", "object", "secret"]
    origin: str
    value: Any = UNSET
    masked: Literal[True] | UnsetType = UNSET


class DiffRow(Form):
    """One leaf on both sides."""

    path: str
    status: changes.Status
    risk: changes.Risk
    before: DiffSide | None
    after: DiffSide | None
    equal: Annotated[bool | None, Meta(description="Of masked values: whether both sides hold the same.")]
    because: str
    cause: Annotated[str, Meta(description="Id of the known cause that explains it.")]
    rule: str
    manager: Annotated[str, Meta(description="Who owns the field in the cluster.")]
    findings: list[Slug]
    severity: Severity | Literal[""]


class DiffChange(Form):
    """One object, or one document of AWS."""

    subject: Subject
    shape: str
    action: changes.Action
    workload: str
    said: list[str]
    rows: list[DiffRow]


class Diff(Form):
    """`diff translate`, `drift`, `cluster` and `plan`, each with `--format json`."""

    schema: Literal["ecs2k8s/diff/v1"]
    diff: changes.Name
    left: str
    right: str
    totals: dict[str, Count]
    explained: Count
    unexplained: Count
    undecided: list[str]
    said: list[str]
    changes: list[DiffChange]


Names = Annotated[list[str], Meta(description="Sorted.")]


class Counted(Form):
    """Names; where they are many, only the first ones."""

    count: Count
    names: Names


class Entrance(Form):
    """A load balancer by which requests come in."""

    load_balancer: str
    internet: Annotated[bool, Meta(description="Whether the internet may call it.")]
    names: Annotated[Counted, Meta(description="Host names that lead to it.")]
    requests: Annotated[Counted, Meta(description="Hosts and paths that it sends here.")]


class BlastRadius(Form):
    """What depends on a unit."""

    callers: Counted
    through: Annotated[Counted, Meta(description="Use it by way of the callers.")]
    entrances: list[Entrance]
    beyond: Annotated[list[Entrance], Meta(description="Entrances to what depends on it.")]
    may_call: Annotated[Count, Meta(description="How many more have a permission.")]


class WaveReason(Form):
    """Why, in words."""

    slug: Annotated[str, Meta(description="Of mappings/waves.yaml.")]
    text: str


class WaveUnit(Form):
    """What moves together."""

    name: Annotated[str, Meta(pattern="^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    workloads: Names
    designs: list[Literal["A", "B", "C", "D"]]
    owners: Names
    after: Annotated[list[str], Meta(description="Units whose pods must run before it moves.")]
    why: list[WaveReason]
    breaks: list[WaveReason]
    blast_radius: BlastRadius


class Wave(Form):
    """Units that may move in any order."""

    number: Annotated[int, Meta(ge=1)]
    background: Annotated[bool, Meta(description="Whether no unit of it answers requests.")]
    units: list[WaveUnit]


class GraphNode(Form):
    """Something that sends or gets requests."""

    id: str
    kind: dependencies.NodeKind
    label: str


class GraphEdge(Form):
    """That one calls, or may call, another."""

    from_: str = field(name="from")
    to: str
    evidence: list[dependencies.Evidence]
    ports: str
    via: Names
    ecs_names: Annotated[list[str], Meta(description="Names that it uses and that exist on ECS alone.")]
    permission_only: bool


class GraphPermission(Form):
    """That each of many may call each of many."""

    from_: list[str] = field(name="from")
    to: list[str]
    evidence: list[dependencies.Evidence]
    ports: str


class Graph(Form):
    """Who depends on whom."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    permissions: list[GraphPermission]


class Waves(Form):
    """The order in which units move, and the graph that it follows."""

    format: Literal["ecs2k8s/waves/v1"]
    waves: list[Wave]
    graph: Graph


Verdict = Literal["pass", "fail", "inconclusive", "error", "waived", "not_applicable"]


class Read(Form):
    """What a check read."""

    what: str
    when: Time = ""


class Checked(Form):
    """One check on one subject. What is left out is empty."""

    id: CheckId
    subject: Annotated[str, Meta(description="namespace/name of a workload, `shared`, or what else it is about.")]
    severity: CheckSeverity
    title: str
    verdict: Verdict
    remedy: Annotated[str, Meta(description="What a person does about it; empty where it holds nothing back.")]
    text: str = ""
    value: Any = None
    threshold: Any = None
    n: Annotated[int | None, Meta(description="Size of the sample.")] = None
    missing: Annotated[str, Meta(description="What is needed for a verdict.")] = ""
    sources: list[Read] = []
    lines: Annotated[list[str], Meta(description="Findings or samples that it rests on; never a secret.")] = []
    evidence: str = ""
    grave: Annotated[bool, Meta(description="A failure for which pausing a run is not enough.")] = False


class Verified(Form):
    """The checks that could be asked."""

    schema: Literal["ecs2k8s/verify/v1"]
    directory: str
    taken: Annotated[str, Meta(description="When the snapshot was taken: RFC 3339, UTC.")]
    totals: dict[Verdict, Count]
    results: list[Checked]
    not_asked: Annotated[list[str], Meta(description="Checks that need AWS or a cluster, where none was named.")]


RunState = Literal[
    "running", "paused", "aborting", "rolling_back", "rolled_back", "rollback_failed", "completed", "closed"
]
StepState = Literal[
    "pending", "blocked", "ready", "awaiting_approval", "intent_written", "applied", "verifying", "verified",
    "inconclusive", "conflict", "failed", "rolling_back", "rolled_back", "rollback_failed", "skipped", "waived",
]  # fmt: skip


class RunLock(Form):
    """Whose the folder of the run is, or was last."""

    id: str
    who: str
    host: str
    pid: int


class RunPause(Form):
    """Why a run waits: a word for programs, a sentence for people."""

    reason: str
    text: str


class RunLeaf(Form):
    """A leaf that somebody else changed; values of secrets are masked."""

    path: str
    plan: Any
    verified: Any
    now: Any


class RunConflict(Form):
    """The object that is not as the run left it."""

    kind: str
    id: str
    leaves: list[RunLeaf]


class RunStep(Form):
    """Where a step of the plan is."""

    id: str
    phase: str
    state: StepState


class RunStatus(Form):
    """Where the run of a unit is, by its journal alone."""

    schema: Literal["ecs2k8s/cutover-status/v1"]
    unit: str
    plan: Annotated[Hash, Meta(description="Of plan.json.")]
    run: str
    state: RunState
    purpose: Annotated[
        Literal["move", "decommission", "remove", "rehearse"],
        Meta(description="Of the plan; `rehearse` is a rehearsal, which leaves the plan of the unit as it is."),
    ]
    mode: Literal["guided", "execute"]
    alive: Annotated[bool, Meta(description="Whether a process of this machine carries it out.")]
    lock: RunLock | None
    paused: list[RunPause]
    conflict: RunConflict | None
    steps: list[RunStep]
    rollback: Annotated[list[str], Meta(description="Commands that take everything back without this program.")]


class RunTimes(Form):
    """Of the first and of the last line of the journal."""

    began: Time
    last: Time
    seconds: float


class RunWaiver(Form):
    """A check in spite of which the run went on."""

    line: JournalLine
    when: Time
    check: str
    subject: Annotated[str, Meta(description="Empty: wherever it is asked.")]
    reason: str
    owner: str
    expires: str


class RunApproval(Form):
    """Who opened a phase; all but the phase is empty where nobody has yet."""

    line: Annotated[int | None, Meta(description="Of journal.jsonl.")]
    when: str
    phase: str
    who: str
    approved: str
    text: str
    file: str


class RunWeights(Form):
    """What the rules and listeners of the unit give EKS from then on, in per cent."""

    line: JournalLine
    when: Time
    step: str
    way: Way
    told: str
    least: float
    most: float


class RunPlanned(Form):
    """Had the run known no pause."""

    since: Time = field(name="from")
    minutes: int


class RunReal(Form):
    """The first and the last that the journal has of a step."""

    since: Time = field(name="from")
    until: Time
    lines: Annotated[list[int], Meta(min_length=2, max_length=2)]


class RunStepCheck(Form):
    """The last verdict of a check in a step."""

    id: CheckId
    subject: str
    verdict: Verdict
    file: str


class RunReportStep(Form):
    """A step of the plan, and what became of it."""

    id: str
    phase: str
    kind: str
    title: str
    owner: str
    success: str
    rollback: str
    planned: RunPlanned
    real: RunReal | None
    state: StepState
    checks: list[RunStepCheck]


class RunReportCheck(Form):
    """The last verdict of a check on a subject in a step. `judged` is what it was before it was waived."""

    line: JournalLine
    when: Time
    id: CheckId
    title: str
    severity: CheckSeverity
    step: str
    subject: str
    verdict: Verdict
    judged: Verdict
    text: str
    value: Any
    threshold: Any
    n: int | None
    missing: str
    remedy: str
    file: Annotated[str, Meta(description="Path in the folder of the run.")]


class RunStop(Form):
    """What paused a run, or turned it back."""

    line: JournalLine
    when: Time
    step: str
    what: Literal["pause", "abort", "rollback"]
    reason: str
    by: str
    text: str


class RunReportConflict(Form):
    """An object that somebody else had changed, as the run met it."""

    line: JournalLine
    when: Time
    step: str
    kind: str
    id: str
    leaves: list[RunLeaf]


class RunObject(Form):
    """An object that the run touched; `changed` is null, and `after` empty, where nobody has looked since."""

    kind: str
    id: str
    changed: bool | None
    before: str
    after: str


class RunCall(Form):
    """A call that was to be made, by its intent; of a guided run, what a person was to type."""

    line: JournalLine
    when: Time
    step: str
    way: Way
    operation: str
    kind: str
    id: str
    as_planned: Annotated[bool, Meta(description="Whether the request is the plan's, or was made for what was there.")]
    outcome: Literal["answered", "refused", "unsure", "by a person", "not known"]
    request_id: str
    text: str


class RunWayBack(Form):
    """One way back; `ended`, `seconds` and `outcome` are empty while it lasts."""

    line: JournalLine
    what: Literal["abort", "rollback"]
    reason: str
    by: str
    began: Time
    ended: str
    seconds: float | None
    seen_back_after: Annotated[float | None, Meta(description="Seconds until the last object was seen to be back.")]
    outcome: Literal["", "rolled_back", "rollback_failed"]
    text: str
    calls: Count


class RollbackDrill(Form):
    """rollback-drill.json: the way back as it was tried with the first requests."""

    format: Literal["ecs2k8s/rollback-drill/v1"]
    there: Annotated[list[str], Meta(description="Shares of EKS that were seen.")]
    back: list[str]
    done: Annotated[bool, Meta(description="Whether all was seen to be back.")]
    began: str
    ended: str
    seconds: Annotated[float | None, Meta(description="From the first intent until all was seen to be back.")]
    calls: Count
    lines: Annotated[list[int], Meta(min_length=2, max_length=2)]


class RunEvent(Form):
    """What happened besides, in words."""

    line: JournalLine
    when: Time
    text: str


class RunReport(Form):
    """report.json: what a run did, by its plan, its journal and its papers alone."""

    schema: Literal["ecs2k8s/cutover-report/v1"]
    unit: str
    purpose: Literal["move", "decommission", "remove"]
    plan: Annotated[Hash, Meta(description="Of plan.json.")]
    run: str
    state: RunState
    mode: Literal["guided", "execute", "rehearse"]
    version: str
    who: str
    account: str
    region: str
    eks_cluster: str
    cluster_uid: str
    designs: dict[str, list[str]]
    paused: list[RunPause]
    done: Count
    times: RunTimes
    verdicts: dict[Verdict, Count]
    waivers: Annotated[list[RunWaiver], Meta(description="Those that were used.")]
    waivers_given: Annotated[int | None, Meta(description="In waivers.json; null: it cannot be read.")]
    approvals: list[RunApproval]
    approvals_unused: Annotated[list[str], Meta(description="Files of approvals that opened nothing.")]
    weights: list[RunWeights]
    steps: list[RunReportStep]
    checks: list[RunReportCheck]
    not_asked: list[str]
    stops: list[RunStop]
    conflicts: list[RunReportConflict]
    objects: list[RunObject]
    calls: list[RunCall]
    ways_back: list[RunWayBack]
    drill: RollbackDrill | None
    by_hand: Annotated[list[str], Meta(description="Commands that take everything back without this program.")]
    happened: list[RunEvent]


class RunObjectState(Form):
    """A file in before/ or after/: one object. `sha256` is of the state with nothing masked."""

    format: Literal["ecs2k8s/run-object/v1"]
    kind: str
    id: str
    state: Annotated[Any, Meta(description="null: it did not exist. Secrets are masked.")]
    sha256: Hash
    line: Annotated[int, Meta(description="Of journal.jsonl; absent where the plan tells it.")] = 0
    when: Time = ""


class CheckVerdict(Form):
    """One verdict. What is left out is empty."""

    line: JournalLine
    when: Time
    step: str
    id: CheckId
    subject: str
    verdict: Verdict
    waived_by: str = ""
    text: str = ""
    value: Any = None
    threshold: Any = None
    n: int | None = None
    missing: str = ""
    sources: list[Read] = []
    lines: list[str] = []
    evidence: str = ""
    grave: Annotated[bool, Meta(description="A failure for which pausing a run is not enough.")] = False


class CheckResults(Form):
    """checks/ID/result.json: all that one check said in a run."""

    format: Literal["ecs2k8s/check-results/v1"]
    check: CheckId
    title: str
    severity: CheckSeverity
    rule: str
    remedy: str
    results: list[CheckVerdict]


class CheckQuery(Form):
    """What was read for a verdict."""

    line: JournalLine
    what: str
    when: str


class CheckQueries(Form):
    """checks/ID/query.json: all that one check read in a run, as far as it says so."""

    format: Literal["ecs2k8s/check-queries/v1"]
    check: CheckId
    queries: list[CheckQuery]


@dataclass(frozen=True, slots=True)
class Written:
    """A form, and where it is written: a file of a migration directory, or the command that prints it."""

    kind: Any
    where: str
    is_file: bool = True


FORMS: dict[str, Written] = {
    "accounts": Written(Accounts, "report/accounts.json"),
    "cost": Written(Cost, "report/cost.json"),
    "check-queries": Written(CheckQueries, "checks/ID/query.json of a run", is_file=False),
    "check-results": Written(CheckResults, "checks/ID/result.json of a run", is_file=False),
    "coverage": Written(Coverage, "ecs2k8s coverage --format json", is_file=False),
    "diff": Written(Diff, "ecs2k8s diff translate, drift, cluster, plan --format json", is_file=False),
    "explain": Written(Explained, "ecs2k8s explain --format json", is_file=False),
    "edits": Written(Edits, "report/edits.json"),
    "export": Written(Export, "ecs2k8s export --format json", is_file=False),
    "exports": Written(Exports, "ecs2k8s export --format json", is_file=False),
    "findings": Written(list[Finding], "report/findings.json"),
    "generated": Written(Generated, "generated.json"),
    "ledger": Written(Ledger, "report/ledger.json"),
    "rollback-drill": Written(RollbackDrill, "rollback-drill.json of a run", is_file=False),
    "routing": Written(Routing, "ecs2k8s diff routing --format json", is_file=False),
    "run-object": Written(RunObjectState, "before/ and after/ of a run", is_file=False),
    "security-group-rules": Written(GroupRules, "aws/security-group-rules.json"),
    "snapshot": Written(Snapshot, "snapshot.json"),
    "split": Written(SplitPreview, "ecs2k8s split --format json", is_file=False),
    "cutover-report": Written(RunReport, "report.json of a run", is_file=False),
    "cutover-status": Written(RunStatus, "ecs2k8s cutover status --format json", is_file=False),
    "verify": Written(Verified, "ecs2k8s verify --format json, and report/verify.json", is_file=False),
    "waves": Written(Waves, "cutover/waves.json"),
}
