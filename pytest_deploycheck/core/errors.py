"""What a user can get wrong. Mapped once to ``pytest.UsageError`` (plugin) or ``click.ClickException`` (cli)."""

from __future__ import annotations


class DeployCheckError(Exception):
    """A mistake that the user can mend; the message names the place and the way out."""


class ChecklistError(DeployCheckError):
    """The checklist or a check's marker is wrong."""


class SettingsError(DeployCheckError):
    """An option, an ini key or an environment variable has a value that cannot be used."""


class RecordError(DeployCheckError):
    """A journal cannot be written, or what it holds does not verify.

    `line` is the number of the offending line, from 1, where there is one.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class ApprovalsError(DeployCheckError):
    """The file of sign-offs and waivers cannot be read as such, or an entry of it cannot be meant."""


class TargetError(DeployCheckError):
    """The installation under check cannot be reached, or a call to it did not come back."""
