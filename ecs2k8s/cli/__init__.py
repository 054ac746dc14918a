"""The command line. Each command's module, and what it needs, is imported when the command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from ecs2k8s import __version__
from ecs2k8s.cli import options
from ecs2k8s.cli.console import ExitCode, guarded

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


def _group(name: str, purpose: str) -> typer.Typer:
    """A command of commands, in `app`; alone it prints its help."""
    group = typer.Typer(name=name, help=purpose, rich_markup_mode=None)
    app.add_typer(group)

    @group.callback(invoke_without_command=True)
    def alone(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())

    return group


diff_app = _group("diff", "Compare two sides of the move.")


@diff_app.command("routing")
def diff_routing_command(
    directory: options.Directory,
    format_: options.Format = options.OutputFormat.text,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Prove that the Ingresses of a directory route as the load balancers do, and show it on requests."""
    options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import diff

    raise typer.Exit(diff.routing(directory, as_json=format_ is options.OutputFormat.json))


@diff_app.command("cluster")
def diff_cluster_command(
    directory: options.Directory,
    tree: options.TreeName = ["manifests"],  # noqa: B006 (typer copies it)
    kubeconfig: options.Kubeconfig = None,
    context: options.KubeContext = None,
    field_manager: options.FieldManager = "ecs2k8s",
    request_timeout: options.RequestTimeout = 30,
    allow_partial: options.AllowPartial = False,
    format_: options.ViewFormat = options.DiffFormat.text,
    output: options.ViewFile = None,
    everything: options.All = False,
    show_values: options.ShowValues = False,
    detailed_exitcode: options.DetailedExitcode = False,
    diff_exit_code: options.DiffExitCode = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Show what applying a directory would do to a live cluster, and to whose fields. Only dry runs are sent."""
    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import diff_cluster
    from ecs2k8s.cli.diff_output import View

    view = View.of(
        format_,
        output,
        everything=everything,
        show_values=show_values,
        detailed_exitcode=detailed_exitcode,
        diff_exit_code=diff_exit_code,
    )
    request = diff_cluster.Request(
        directory, tuple(tree), kubeconfig, context, field_manager, request_timeout, allow_partial
    )
    raise typer.Exit(diff_cluster.run(request, view, talk))


@diff_app.command("drift")
def diff_drift_command(
    directory: options.Directory,
    against: options.Against = None,
    profile: options.Profile = None,
    region: options.Region = None,
    cluster: options.Cluster = None,
    service: options.Service = None,
    exclude: options.Exclude = None,
    role_arn: options.RoleArn = None,
    external_id: options.ExternalId = None,
    endpoint_url: options.EndpointUrl = None,
    format_: options.ViewFormat = options.DiffFormat.text,
    output: options.ViewFile = None,
    everything: options.All = False,
    show_values: options.ShowValues = False,
    detailed_exitcode: options.DetailedExitcode = False,
    diff_exit_code: options.DiffExitCode = None,
    allow_partial: options.AllowPartial = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Say what moved in AWS since the export: against the account now, or against another snapshot."""
    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import diff_drift
    from ecs2k8s.cli.diff_output import View
    from ecs2k8s.collect.login import Login

    view = View.of(
        format_,
        output,
        everything=everything,
        show_values=show_values,
        detailed_exitcode=detailed_exitcode,
        diff_exit_code=diff_exit_code,
    )
    request = diff_drift.Request(
        directory=directory,
        against=against,
        login=Login(profile, tuple(region or ()), tuple(role_arn or ()), external_id, endpoint_url),
        clusters=tuple(cluster or ()),
        services=tuple(service or ()),
        excluded=tuple(exclude or ()),
        allow_partial=allow_partial,
        view=view,
    )
    raise typer.Exit(diff_drift.run(request, talk))


@diff_app.command("translate")
def diff_translate_command(
    directory: options.Directory,
    workload: options.OneWorkload = None,
    form: options.ViewFormat = options.DiffFormat.text,
    output: options.ViewFile = None,
    everything: options.All = False,
    show_values: options.ShowValues = False,
    detailed_exitcode: options.DetailedExitcode = False,
    diff_exit_code: options.DiffExitCode = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Show what became of every field, beside the leaf of the manifests that it is now, and every edit by hand."""
    options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import diff_translate
    from ecs2k8s.cli.diff_output import View

    view = View.of(
        form,
        output,
        everything=everything,
        show_values=show_values,
        detailed_exitcode=detailed_exitcode,
        diff_exit_code=diff_exit_code,
    )
    raise typer.Exit(diff_translate.run(directory, view, workload))


@diff_app.command("plan")
def diff_plan_command(
    before: options.PlanBefore,
    after: options.PlanAfter,
    format_: options.ViewFormat = options.DiffFormat.text,
    output: options.ViewFile = None,
    everything: options.All = False,
    show_values: options.ShowValues = False,
    detailed_exitcode: options.DetailedExitcode = False,
    diff_exit_code: options.DiffExitCode = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Say what changed between two plans: units and their waves, steps, weights, thresholds, fingerprints."""
    options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import diff_plan
    from ecs2k8s.cli.diff_output import View

    view = View.of(
        format_,
        output,
        everything=everything,
        show_values=show_values,
        detailed_exitcode=detailed_exitcode,
        diff_exit_code=diff_exit_code,
    )
    raise typer.Exit(diff_plan.run(before, after, view))


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


policy_app = _group("policy", "Print the IAM policy that a command needs.")


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
