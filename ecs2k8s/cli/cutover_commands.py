"""The commands of `ecs2k8s cutover`. What each needs is imported when it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ecs2k8s.cli import options
from ecs2k8s.cli.groups import group

if TYPE_CHECKING:
    from ecs2k8s.cli.console import Talk
    from ecs2k8s.cli.cutover_folders import Which
    from ecs2k8s.cli.cutover_world import Way

cutover_app = group("cutover", "Carry the plan of a unit out: guided by default, stopped and taken back at any moment.")


def _which(directory: str, unit: str, *, decommission: bool, remove: bool) -> Which:
    from ecs2k8s.cli.cutover_folders import Which
    from ecs2k8s.cli.plan import purpose_of

    return Which(directory, unit, purpose_of(decommission=decommission, remove=remove))


def _way(
    login: tuple[str | None, str | None, str | None, str | None],
    write_role_arn: str | None,
    kubeconfig: str | None,
    context: str | None,
    lock_namespace: str,
    probes: str | None = None,
    probe_rules: str | None = None,
) -> Way:
    from ecs2k8s.cli.cutover_world import Way
    from ecs2k8s.cli.verify_probes import Probing
    from ecs2k8s.collect.login import Login
    from ecs2k8s.cutover.aws.sender import WriteRole
    from ecs2k8s.cutover.cluster.connections import Context

    profile, role_arn, external_id, endpoint_url = login
    return Way(
        Login(profile, (), (role_arn,) if role_arn else (), external_id, endpoint_url),
        WriteRole(write_role_arn) if write_role_arn else None,
        Context(kubeconfig, context),
        lock_namespace,
        probing=Probing(probes, probe_rules),
    )


@cutover_app.command("run")
def cutover_run_command(
    directory: options.Directory,
    unit: options.OneUnit = "",
    decommission: options.OfDecommission = False,
    remove: options.OfRemoval = False,
    execute: options.Execute = False,
    write_role_arn: options.WriteRoleArn = None,
    approve_file: options.ApproveFile = None,
    waivers: options.WaiversFile = None,
    probes: options.ProbeCases = None,
    probe_rules: options.ProbeRules = None,
    profile: options.Profile = None,
    role_arn: options.OneRoleArn = None,
    external_id: options.ExternalId = None,
    endpoint_url: options.EndpointUrl = None,
    kubeconfig: options.Kubeconfig = None,
    context: options.KubeContext = None,
    lock_namespace: options.LockNamespace = "default",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Begin to carry a plan out: each command is printed, and the run goes on when it sees its effect."""
    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import cutover
    from ecs2k8s.cli.cutover_given import Given

    which = _which(directory, unit, decommission=decommission, remove=remove)
    given = Given(execute, tuple(approve_file or ()), waivers)
    login = (profile, role_arn, external_id, endpoint_url)
    way = _way(login, write_role_arn, kubeconfig, context, lock_namespace, probes, probe_rules)
    raise typer.Exit(cutover.run(which, given, way, talk))


@cutover_app.command("rehearse")
def cutover_rehearse_command(
    directory: options.Directory,
    unit: options.OneUnit = "",
    execute: options.Execute = False,
    write_role_arn: options.WriteRoleArn = None,
    approve_file: options.ApproveFile = None,
    waivers: options.WaiversFile = None,
    probes: options.ProbeCases = None,
    probe_rules: options.ProbeRules = None,
    profile: options.Profile = None,
    role_arn: options.OneRoleArn = None,
    external_id: options.ExternalId = None,
    endpoint_url: options.EndpointUrl = None,
    kubeconfig: options.Kubeconfig = None,
    context: options.KubeContext = None,
    lock_namespace: options.LockNamespace = "default",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Carry a plan out up to the dark checks, with weight 0 throughout, and take all of it back; the plan stays."""
    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import cutover
    from ecs2k8s.cli.cutover_given import Given

    which = _which(directory, unit, decommission=False, remove=False)
    given = Given(execute, tuple(approve_file or ()), waivers)
    login = (profile, role_arn, external_id, endpoint_url)
    way = _way(login, write_role_arn, kubeconfig, context, lock_namespace, probes, probe_rules)
    raise typer.Exit(cutover.rehearse(which, given, way, talk))


@cutover_app.command("resume")
def cutover_resume_command(
    directory: options.Directory,
    unit: options.OneUnit = "",
    decommission: options.OfDecommission = False,
    remove: options.OfRemoval = False,
    write_role_arn: options.WriteRoleArn = None,
    done: options.Done = None,
    adopt: options.Adopt = False,
    approve_file: options.ApproveFile = None,
    waivers: options.WaiversFile = None,
    probes: options.ProbeCases = None,
    probe_rules: options.ProbeRules = None,
    profile: options.Profile = None,
    role_arn: options.OneRoleArn = None,
    external_id: options.ExternalId = None,
    endpoint_url: options.EndpointUrl = None,
    kubeconfig: options.Kubeconfig = None,
    context: options.KubeContext = None,
    lock_namespace: options.LockNamespace = "default",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Go on with a run that was stopped or interrupted, in the mode in which it was begun."""
    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import cutover
    from ecs2k8s.cli.cutover_given import Given

    which = _which(directory, unit, decommission=decommission, remove=remove)
    given = Given(approvals=tuple(approve_file or ()), waivers=waivers, done=tuple(done or ()), adopt=adopt)
    login = (profile, role_arn, external_id, endpoint_url)
    way = _way(login, write_role_arn, kubeconfig, context, lock_namespace, probes, probe_rules)
    raise typer.Exit(cutover.resume(which, given, way, talk))


@cutover_app.command("rollback")
def cutover_rollback_command(
    directory: options.Directory,
    unit: options.OneUnit = "",
    decommission: options.OfDecommission = False,
    remove: options.OfRemoval = False,
    why: options.Why = "",
    write_role_arn: options.WriteRoleArn = None,
    profile: options.Profile = None,
    role_arn: options.OneRoleArn = None,
    external_id: options.ExternalId = None,
    endpoint_url: options.EndpointUrl = None,
    kubeconfig: options.Kubeconfig = None,
    context: options.KubeContext = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Give all requests and all background work back to ECS, now and in any state of the run."""
    which = _which(directory, unit, decommission=decommission, remove=remove)
    _back("rollback", which, why, (profile, role_arn, external_id, endpoint_url), write_role_arn,
          (kubeconfig, context), options.talk(quiet=quiet, verbose=verbose, debug=debug))  # fmt: skip


@cutover_app.command("abort")
def cutover_abort_command(
    directory: options.Directory,
    unit: options.OneUnit = "",
    decommission: options.OfDecommission = False,
    remove: options.OfRemoval = False,
    why: options.Why = "",
    write_role_arn: options.WriteRoleArn = None,
    profile: options.Profile = None,
    role_arn: options.OneRoleArn = None,
    external_id: options.ExternalId = None,
    endpoint_url: options.EndpointUrl = None,
    kubeconfig: options.Kubeconfig = None,
    context: options.KubeContext = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Give all requests back to ECS and end the run: the same as rollback, said of the run."""
    which = _which(directory, unit, decommission=decommission, remove=remove)
    _back("abort", which, why, (profile, role_arn, external_id, endpoint_url), write_role_arn,
          (kubeconfig, context), options.talk(quiet=quiet, verbose=verbose, debug=debug))  # fmt: skip


def _back(
    what: str,
    which: Which,
    why: str,
    login: tuple[str | None, str | None, str | None, str | None],
    write_role_arn: str | None,
    cluster: tuple[str | None, str | None],
    talk: Talk,
) -> None:
    from ecs2k8s.cli import cutover
    from ecs2k8s.cli.cutover_given import Given

    way = _way(login, write_role_arn, *cluster, "default")
    raise typer.Exit(cutover.go_back(which, what, why, Given(), way, talk))


@cutover_app.command("close")
def cutover_close_command(
    directory: options.Directory,
    unit: options.OneUnit = "",
    decommission: options.OfDecommission = False,
    remove: options.OfRemoval = False,
    why: options.Why = "",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """End a run for good, also one whose way back failed and that a person has set right; nothing is sent."""
    options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli.cutover_close import close
    from ecs2k8s.cli.verify_probes import SystemClock

    which = _which(directory, unit, decommission=decommission, remove=remove)
    raise typer.Exit(close(which, why, SystemClock))


@cutover_app.command("pause")
def cutover_pause_command(
    directory: options.Directory,
    unit: options.OneUnit = "",
    decommission: options.OfDecommission = False,
    remove: options.OfRemoval = False,
    why: options.Why = "",
    kubeconfig: options.Kubeconfig = None,
    context: options.KubeContext = None,
    lock_namespace: options.LockNamespace = "default",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Let the next step wait until `resume`; with --context also in every other run on the same traffic objects."""
    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli import cutover

    which = _which(directory, unit, decommission=decommission, remove=remove)
    way = _way((None, None, None, None), None, kubeconfig, context, lock_namespace)
    raise typer.Exit(cutover.pause(which, why, way, talk))


@cutover_app.command("unlock")
def cutover_unlock_command(
    directory: options.Directory,
    lock: options.LockId,
    unit: options.OneUnit = "",
    decommission: options.OfDecommission = False,
    remove: options.OfRemoval = False,
    kubeconfig: options.Kubeconfig = None,
    context: options.KubeContext = None,
    lock_namespace: options.LockNamespace = "default",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Break the lock of a run that is gone or stands still elsewhere; whoever holds it sends nothing more."""
    options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli.cutover_locks import break_lock

    which = _which(directory, unit, decommission=decommission, remove=remove)
    way = _way((None, None, None, None), None, kubeconfig, context, lock_namespace)
    raise typer.Exit(break_lock(which, lock, way))


@cutover_app.command("status")
def cutover_status_command(
    directory: options.Directory,
    unit: options.OneUnit = "",
    decommission: options.OfDecommission = False,
    remove: options.OfRemoval = False,
    format_: options.Format = options.OutputFormat.text,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Say where the run is and what takes the requests back by hand; no AWS and no cluster is asked."""
    options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli.cutover_status import status

    which = _which(directory, unit, decommission=decommission, remove=remove)
    raise typer.Exit(status(which, as_json=format_ is options.OutputFormat.json))


@cutover_app.command("show")
def cutover_show_command(
    directory: options.Directory,
    unit: options.OneUnit = "",
    decommission: options.OfDecommission = False,
    remove: options.OfRemoval = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Print the checklist of the plan."""
    options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli.cutover_evidence import show

    raise typer.Exit(show(_which(directory, unit, decommission=decommission, remove=remove)))


@cutover_app.command("evidence")
def cutover_evidence_command(
    directory: Annotated[str, typer.Argument(metavar="DIR|verify", help="A migration directory, or the word verify.")],
    path: Annotated[str, typer.Argument(metavar="[PATH]", help="After verify: the folder of a run.")] = "",
    unit: options.OneUnit = "",
    decommission: options.OfDecommission = False,
    remove: options.OfRemoval = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Write what a run leaves for an audit; `evidence verify PATH` says offline whether it was changed since."""
    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    from ecs2k8s.cli.cutover_evidence import evidence, verify_evidence

    if directory == "verify" and path:
        raise typer.Exit(verify_evidence(path))
    which = _which(directory, unit, decommission=decommission, remove=remove)
    raise typer.Exit(evidence(which, talk))
