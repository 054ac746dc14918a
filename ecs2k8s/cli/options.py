"""Options that commands share, named as the AWS CLI, kubectl and helm name them."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

from ecs2k8s.cli.console import Talk


class OutputFormat(StrEnum):
    text = "text"
    json = "json"


class DiffFormat(StrEnum):
    text = "text"
    json = "json"
    markdown = "markdown"
    html = "html"


class VerifyFormat(StrEnum):
    text = "text"
    json = "json"
    junit = "junit"


class PhaseName(StrEnum):
    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"
    P6 = "P6"
    P7 = "P7"
    P8 = "P8"
    P9 = "P9"
    P10 = "P10"
    P11 = "P11"


class SplitBy(StrEnum):
    path = "path"


Output = Annotated[str, typer.Option("--output", "-o", metavar="DIR", help="The migration directory to write.")]
From = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="PATH",
        help="Files instead of AWS: what the AWS CLI exported, a directory of it, or - for stdin. Repeatable.",
    ),
]
Profile = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="Profile of the AWS configuration to use.")
]
Region = Annotated[
    list[str] | None, typer.Option("--region", metavar="REGION", help="Region to read; the profile's. Repeatable.")
]
Cluster = Annotated[
    list[str] | None,
    typer.Option("--cluster", metavar="NAME", help="ECS cluster to read, by name or ARN; all. Repeatable."),
]
Service = Annotated[
    list[str] | None,
    typer.Option("--service", metavar="GLOB", help="Services to read, and nothing else that runs tasks. Repeatable."),
]
Exclude = Annotated[
    list[str] | None, typer.Option("--exclude", metavar="GLOB", help="Services not to read. Repeatable.")
]
RoleArn = Annotated[
    list[str] | None,
    typer.Option("--role-arn", metavar="ARN", help="Role to assume for reading; one for each account. Repeatable."),
]
ExternalId = Annotated[
    str | None, typer.Option("--external-id", metavar="ID", help="External id that the role's trust asks for.")
]
EndpointUrl = Annotated[
    str | None, typer.Option("--endpoint-url", metavar="URL", help="Endpoint instead of AWS's own.")
]
Account = Annotated[str, typer.Option("--account", metavar="NUMBER", help="Account to limit resources to; any.")]
PolicyRegion = Annotated[
    list[str] | None, typer.Option("--region", metavar="REGION", help="Region to limit resources to; any. Repeatable.")
]
Partition = Annotated[
    str, typer.Option("--partition", metavar="NAME", help="aws, aws-cn or aws-us-gov; what --region belongs to.")
]
WithPlans = Annotated[
    str, typer.Argument(metavar="[DIR]", help="Directory with plans, to be limited to what they name.")
]
Design = Annotated[
    list[str] | None, typer.Option("--design", metavar="LETTER", help="A, B, C or D, for any plan of it. Repeatable.")
]
OneRegion = Annotated[str, typer.Option("--region", metavar="REGION", help="Region to limit resources to; any.")]
TargetFile = Annotated[
    str | None, typer.Option("--target", metavar="FILE", help="Choices to use instead of DIR/target.yaml.")
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One choice for this run. Repeatable.")
]
EnvFile = Annotated[
    list[str] | None,
    typer.Option(
        "--env-file", metavar="ARN=PATH", help="A local copy of an environment file; S3 is never read. Repeatable."
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 3 when a finding is an error.")]
AllowPartial = Annotated[bool, typer.Option("--allow-partial", help="Exit 0 although something could not be read.")]
Overwrite = Annotated[
    list[str] | None,
    typer.Option("--overwrite", metavar="GLOB", help="Files to write as generated, edits thrown away. Repeatable."),
]
Keep = Annotated[
    list[str] | None,
    typer.Option("--keep", metavar="GLOB", help="Edited files whose conflicts are settled as they lie. Repeatable."),
]
Redact = Annotated[bool, typer.Option("--redact", help="Mask values that look like secrets, in every file.")]
Format = Annotated[OutputFormat, typer.Option("--format", help="What stdout holds.")]
Against = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="PATH",
        help="Instead of AWS: another snapshot, a migration directory, or files that the AWS CLI exported.",
    ),
]
ViewFormat = Annotated[DiffFormat, typer.Option("--format", help="How the diff is written.")]
ViewFile = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="The file to write it to, instead of stdout.")
]
All = Annotated[
    bool, typer.Option("--all", help="Show the rows too that a known cause explains, or that are the same.")
]
ShowValues = Annotated[
    bool, typer.Option("--show-values", help="Show values of environment that are no secrets; on a terminal only.")
]
DetailedExitcode = Annotated[bool, typer.Option("--detailed-exitcode", help="Exit 2 when something differs.")]
DiffExitCode = Annotated[
    int | None,
    typer.Option("--diff-exit-code", metavar="N", help="Exit N instead of 2 when something differs."),
]
Kubeconfig = Annotated[
    str | None,
    typer.Option("--kubeconfig", metavar="FILE", help="The kubeconfig to use; $KUBECONFIG, or ~/.kube/config."),
]
KubeContext = Annotated[
    str | None, typer.Option("--context", metavar="NAME", help="The context of the kubeconfig; its current one.")
]
FieldManager = Annotated[
    str, typer.Option("--field-manager", metavar="NAME", help="Who would apply: the name that owns the fields.")
]
RequestTimeout = Annotated[
    float, typer.Option("--request-timeout", metavar="SECONDS", min=0.1, help="How long to wait for one answer.")
]
TreeName = Annotated[
    list[str], typer.Option("--tree", metavar="NAME", help="The part of DIR to compare: traffic/ingress. Repeatable.")
]
UnitName = Annotated[
    str, typer.Option("--unit", metavar="NAME", help="Only this unit of cutover/waves.json, or this workload.")
]
CheckFormat = Annotated[VerifyFormat, typer.Option("--format", help="What stdout holds.")]
AllChecks = Annotated[bool, typer.Option("--all", help="Show the checks too that pass or do not apply.")]
AllowUndecided = Annotated[bool, typer.Option("--allow-partial", help="Exit 0 although a check is undecided.")]
Live = Annotated[
    bool, typer.Option("--live", help="Ask AWS, and the cluster where there is one, about each plan that was made.")
]
InPhase = Annotated[
    list[PhaseName] | None,
    typer.Option("--phase", metavar="PHASE", help="With --live: the checks of this phase; P0 and P1. Repeatable."),
]
WaiversFile = Annotated[
    str | None, typer.Option("--waivers", metavar="FILE", help="Checks that go on in spite of their verdict, and why.")
]
ProbeCases = Annotated[
    str | None,
    typer.Option(
        "--probes",
        metavar="FILE",
        help="Requests to send: to ECS twice and to EKS to compare (L09, L12), and transactions (T15).",
    ),
]
ProbeRules = Annotated[
    str | None, typer.Option("--probe-rules", metavar="FILE", help="Differences of probes that somebody reviewed.")
]
Learn = Annotated[
    str | None,
    typer.Option("--learn", metavar="FILE", help="Write what ECS does differently by itself as rules to review."),
]
Rounds = Annotated[int, typer.Option("--rounds", metavar="N", min=1, help="How often each case is sent.")]
Rate = Annotated[float, typer.Option("--rate", metavar="N", min=0.01, help="Calls a second, all sides together.")]
AtOnce = Annotated[int, typer.Option("--at-once", metavar="N", min=1, max=64, help="Calls at the same time.")]
Seed = Annotated[
    int | None, typer.Option("--seed", metavar="N", help="Repeats the order of calls of a run; drawn and said.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Name every file that was written.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]
Directory = Annotated[str, typer.Argument(metavar="DIR", help="A migration directory.")]
PlanBefore = Annotated[str, typer.Argument(metavar="A", help="A plan file, or a migration directory.")]
PlanAfter = Annotated[str, typer.Argument(metavar="B", help="The other one, of the same kind.")]
WorkloadName = Annotated[
    str, typer.Argument(metavar="WORKLOAD", help="NAMESPACE/NAME, a name, or the ARN of its service.")
]
OneWorkload = Annotated[
    str | None,
    typer.Option(
        "--workload", metavar="NAME", help="Only this one: NAMESPACE/NAME, a name, or the ARN of its service."
    ),
]
By = Annotated[SplitBy, typer.Option("--by", help="What tells the parts apart: the paths of listener rules.")]
Write = Annotated[bool, typer.Option("--write", help="Keep the parts in DIR/target.yaml, which the next export reads.")]
Unit = Annotated[
    str | None, typer.Option("--unit", metavar="NAME", help="Only this unit of cutover/waves.json; all of them.")
]
Wave = Annotated[int | None, typer.Option("--wave", metavar="N", help="Only the units of this wave.")]
Decommission = Annotated[
    bool, typer.Option("--decommission", help="Plan the end of ECS, from a snapshot in which EKS has all requests.")
]
Remove = Annotated[bool, typer.Option("--remove", help="Plan the removal of what a cutover made, after it went back.")]
Schedule = Annotated[
    str,
    typer.Option("--schedule", metavar="NAME", help="How fast: fast, default, careful, or a YAML file of your own."),
]
OfDecommission = Annotated[bool, typer.Option("--decommission", help="The run of the plan that ends ECS.")]
OfRemoval = Annotated[bool, typer.Option("--remove", help="The run of the plan that removes what a cutover made.")]
OneUnit = Annotated[
    str, typer.Option("--unit", metavar="NAME", help="The unit whose plan it is; the only one that has a plan.")
]
Execute = Annotated[
    bool, typer.Option("--execute", help="Send what the plan says; else a person does, and it watches.")
]
WriteRoleArn = Annotated[
    str | None,
    typer.Option(
        "--write-role-arn", metavar="ARN", help="Role to assume for each request that changes something, and that only."
    ),
]
ApproveFile = Annotated[
    list[str] | None, typer.Option("--approve-file", metavar="FILE", help="An approval of a phase. Repeatable.")
]
OneRoleArn = Annotated[str | None, typer.Option("--role-arn", metavar="ARN", help="Role to assume for reading.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, which the journal keeps.")]
Done = Annotated[
    list[str] | None,
    typer.Option("--done", metavar="STEP", help="A step without anything to see, which you say is done. Repeatable."),
]
Adopt = Annotated[
    bool, typer.Option("--adopt", help="Take what somebody else changed, and the run stopped at, as it is.")
]
LockNamespace = Annotated[
    str, typer.Option("--lock-namespace", metavar="NAME", help="Where the Leases lie by which runs exclude each other.")
]
LockId = Annotated[str, typer.Argument(metavar="LOCK", help="The id of the lock, as `cutover status` shows it.")]
What = Annotated[
    str | None,
    typer.Argument(metavar="WHAT", help="containerDefinitions[].ulimits, Deployment.spec.replicas, a slug, or S14."),
]


def talk(*, quiet: bool, verbose: bool, debug: bool) -> Talk:
    if debug:
        os.environ["ECS2K8S_DEBUG"] = "1"
    return Talk(level=0 if quiet else 2 if verbose else 1)
