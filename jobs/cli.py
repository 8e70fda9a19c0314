"""How every job meets its user: as every command of the project does."""

from affect.command_line import run

__all__ = ["run"]
