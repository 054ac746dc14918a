"""The command line. Each command's module, and what it needs, is imported when the command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from ecs2k8s import __version__
from ecs2k8s.cli import options
from ecs2k8s.cli.console import guarded
from ecs2k8s.cli.cutover_commands import cutover_app
from ecs2k8s.cli.diff_commands import diff_app
from ecs2k8s.cli.groups import group
from ecs2k8s.core.exits import ExitCode

app = typer.Typer(
    name="ecs2k8s",
    help="Move from Amazon ECS to Amazon EKS, with every field accounted for.",
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """The entry point. Usage errors exit with 1, as everything that decided nothing."""
    guarded(app)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"ecs2k8s {__version__}")
        raise typer.Exit


@app.callback()
def callback(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 (its own callback prints it)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Move from Amazon ECS to Amazon EKS, with every field accounted for."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("export")
def export_command(
    output: options.Output = "migration",
    profile: options.Profile = None,
    region: options.Region = None,
    cluster: options.Cluster = None,
    service: options.Service = None,
    exclude: options.Exclude = None,
    role_arn: options.RoleArn = None,
    external_id: options.ExternalId = None,
    endpoint_url: options.EndpointUrl = None,
    source: options.From = None,
    target: options.TargetFile = None,
    set_: options.Set = None,
    env_file: options.EnvFile = None,
    overwrite: options.Overwrite = None,
    keep: options.Keep = None,
    strict: options.Strict = False,
    allow_partial: options.AllowPartial = False,
    redact: options.Redact = False,
    format_: options.Format = options.OutputFormat.text,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Translate a live AWS account, or files of one, into a migration directory: manifests, ledger, report."""
    from ecs2k8s.cli import export
    from ecs2k8s.collect.login import Login

    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    request = export.Request(
        output=output,
        sources=tuple(source or ()),
        target=target,
        sets=tuple(set_ or ()),
        env_files=tuple(env_file or ()),
        redact=redact,
        login=Login(profile, tuple(region or ()), tuple(role_arn or ()), external_id, endpoint_url),
        clusters=tuple(cluster or ()),
        services=tuple(service or ()),
        excluded=tuple(exclude or ()),
        overwrite=tuple(overwrite or ()),
        keep=tuple(keep or ()),
        strict=strict,
        allow_partial=allow_partial,
        as_json=format_ is options.OutputFormat.json,
    )
    raise typer.Exit(export.run(request, talk))


@app.command("coverage")
def coverage_command(
    directory: options.Directory,
    format_: options.Format = options.OutputFormat.text,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Say what became of every field of a migration directory."""
    options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import coverage

    raise typer.Exit(coverage.run(directory, as_json=format_ is options.OutputFormat.json))


@app.command("explain")
def explain_command(
    what: options.What = None,
    format_: options.Format = options.OutputFormat.text,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Explain a source field, a line of a manifest, or a finding; without argument list what there is."""
    options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import explain

    raise typer.Exit(explain.run(what, as_json=format_ is options.OutputFormat.json))


@app.command("split")
def split_command(
    directory: options.Directory,
    workload: options.WorkloadName,
    by: options.By,  # noqa: ARG001 (there is one value, and the option checks it)
    write: options.Write = False,
    format_: options.Format = options.OutputFormat.text,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Show what becomes of one workload as one for each path of its listener rules, and keep that in target.yaml."""
    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import split

    as_json = format_ is options.OutputFormat.json
    raise typer.Exit(split.run(directory, workload, talk, write=write, as_json=as_json))


@app.command("verify")
def verify_command(
    directory: options.Directory,
    unit: options.UnitName = "",
    live: options.Live = False,
    phase: options.InPhase = None,
    profile: options.Profile = None,
    role_arn: options.RoleArn = None,
    external_id: options.ExternalId = None,
    endpoint_url: options.EndpointUrl = None,
    kubeconfig: options.Kubeconfig = None,
    context: options.KubeContext = None,
    waivers: options.WaiversFile = None,
    probes: options.ProbeCases = None,
    probe_rules: options.ProbeRules = None,
    learn: options.Learn = None,
    rounds: options.Rounds = 5,
    rate: options.Rate = 10.0,
    at_once: options.AtOnce = 4,
    request_timeout: options.RequestTimeout = 30,
    seed: options.Seed = None,
    format_: options.CheckFormat = options.VerifyFormat.text,
    everything: options.AllChecks = False,
    allow_partial: options.AllowUndecided = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Run the checks of a cutover that can be run now, and say what each read and what to do."""
    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import verify, verify_live
    from ecs2k8s.cli.verify_probes import Probing
    from ecs2k8s.collect.login import Login
    from ecs2k8s.cutover.probes.running import Pace

    probing = Probing(probes, probe_rules, learn, Pace(rounds, rate, at_once, request_timeout), seed)
    login = Login(profile, (), tuple(role_arn or ()), external_id, endpoint_url)
    living = verify_live.living(live=live, phases=phase or (), login=login, kubeconfig=kubeconfig, context=context)
    request = verify.Request(directory, unit, format_, everything, allow_partial, waivers, probing, living)
    raise typer.Exit(verify.run(request, talk))


app.add_typer(diff_app)
policy_app = group("policy", "Print the IAM policy that a command needs.")
app.add_typer(policy_app)


@policy_app.command("export")
def policy_export_command(
    account: options.Account = "*",
    region: options.PolicyRegion = None,
    partition: options.Partition = "",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Print what `ecs2k8s export` may read, as one IAM policy, or as a list where one is too small for it."""
    options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import policy

    raise typer.Exit(policy.run(account, tuple(region or ()), partition))


@policy_app.command("cutover")
def policy_cutover_command(
    directory: options.WithPlans = "",
    design: options.Design = None,
    account: options.Account = "*",
    region: options.OneRegion = "",
    partition: options.Partition = "",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Print the policies of a cutover: of who runs it, and of the role that `--execute` assumes for each request."""
    options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import policy

    raise typer.Exit(policy.cutover(directory, tuple(design or ()), account, region, partition))


@app.command("plan")
def plan_command(
    directory: options.Directory,
    unit: options.Unit = None,
    wave: options.Wave = None,
    decommission: options.Decommission = False,
    remove: options.Remove = False,
    schedule: options.Schedule = "default",
    format_: options.Format = options.OutputFormat.text,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Plan the cutover of each unit from the snapshot of a migration directory: plan.json and CHECKLIST.md."""
    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import plan

    purpose = plan.purpose_of(decommission=decommission, remove=remove)
    as_json = format_ is options.OutputFormat.json
    raise typer.Exit(plan.run(plan.Request(directory, unit, wave, purpose, schedule, as_json), talk))


app.add_typer(cutover_app)


@app.command("demo")
def demo_command(
    output: options.Output = "migration-demo",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Export the sample account: no AWS account needed, no network used."""
    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import demo

    raise typer.Exit(demo.run(output, talk))


__all__ = ["ExitCode", "app", "main"]
