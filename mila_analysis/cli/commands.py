"""Name of a command to the command, or to the nearest name."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from mila_analysis.errors import UnknownNameError, suggestion

__all__ = ["PROGRAM", "Commands"]

PROGRAM = "mila-analysis"


class Commands(TyperGroup):
    """The commands in the order in which they were added, as a new user needs them."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Command that the first argument names.

        Raises:
            UnknownNameError: none; names the nearest.
        """
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            known = self.list_commands(ctx)
            hint = suggestion(args[0], known) or f"; choose from {', '.join(known)}"
            raise UnknownNameError(f"no command '{args[0][:40]}'{hint}")
        return super().resolve_command(ctx, args)
