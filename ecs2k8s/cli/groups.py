"""Commands of commands."""

from __future__ import annotations

import typer


def group(name: str, purpose: str) -> typer.Typer:
    """One that prints its help when it is called alone."""
    made = typer.Typer(name=name, help=purpose, rich_markup_mode=None)

    @made.callback(invoke_without_command=True)
    def alone(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())

    return made
