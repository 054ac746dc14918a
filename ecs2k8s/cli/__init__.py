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
    no_args_is_help=True,
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
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Move from Amazon ECS to Amazon EKS, with every field accounted for."""


@app.command()
def export(
    output: options.Output = "migration",
    source: options.From = None,
    target: options.TargetFile = None,
    set_: options.Set = None,
    env_file: options.EnvFile = None,
    strict: options.Strict = False,
    allow_partial: options.AllowPartial = False,
    redact: options.Redact = False,
    format_: options.Format = options.OutputFormat.text,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Translate what the AWS CLI exported into a migration directory: manifests, a ledger of every field, a report."""
    from ecs2k8s.cli import export as command

    talk = options.talk(quiet=quiet, verbose=verbose, debug=debug)
    request = command.Request(
        output=output,
        sources=tuple(source or ()),
        target=target,
        sets=tuple(set_ or ()),
        env_files=tuple(env_file or ()),
        redact=redact,
    )
    raise typer.Exit(
        command.run(
            request, talk, strict=strict, allow_partial=allow_partial, as_json=format_ is options.OutputFormat.json
        )
    )


@app.command()
def coverage(directory: options.Directory, format_: options.Format = options.OutputFormat.text) -> None:
    """Say what became of every field of a migration directory."""
    from ecs2k8s.cli import coverage as command

    raise typer.Exit(command.run(directory, as_json=format_ is options.OutputFormat.json))


@app.command()
def explain(what: options.What = None) -> None:
    """Explain a source field, a line of a manifest, or a finding; without argument list what there is."""
    from ecs2k8s.cli import explain as command

    raise typer.Exit(command.run(what))


@app.command()
def demo(output: options.Output = "migration-demo") -> None:
    """Export the sample account: no AWS account needed, no network used."""
    from ecs2k8s.cli import demo as command

    raise typer.Exit(command.run(output))


__all__ = ["ExitCode", "app", "main"]
