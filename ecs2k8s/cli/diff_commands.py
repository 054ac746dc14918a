"""The commands of `ecs2k8s diff`. What each needs is imported when it runs."""

from __future__ import annotations

import typer

from ecs2k8s.cli import options
from ecs2k8s.cli.groups import group

diff_app = group("diff", "Compare two sides of the move.")


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
