"""The errors a person can act on. Every message says what is wrong, where, and what to do.

Anything else that escapes is a defect of ours and keeps its traceback.
"""

from __future__ import annotations

from dataclasses import dataclass


class ProgrammeError(Exception):
    """Base of all errors that are shown to a person as they are."""


@dataclass(frozen=True)
class Fault:
    """One fault in a file somebody wrote.

    `line` counts from 1 and points at the key at fault, 1 where the whole file is meant; `path` is the dotted
    place inside the document ("organisations.3.country").
    """

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class BadFile(ProgrammeError):
    """A programme file or contribution with faults; all of them at once, in the order of the lines."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        self.name = name
        self.faults = sorted(faults, key=lambda fault: (fault.line, fault.path, fault.message))
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """`FILE:LINE: message`, one per fault."""
        return [f"{self.name}:{fault.line}: {fault}" for fault in self.faults]


class Refused(ProgrammeError):
    """A door refused a change of state: the rule it would have broken is the message.

    Gates stand in it as their labels, days as ISO dates, organisations and roles as keys in quotation marks: as one types them on the
    command line. `tasks/plain.py` says it to people. `about`: which of the things that were given is at fault ("day", "answer").
    """

    def __init__(self, message: str = "", *, about: str = "") -> None:
        super().__init__(message)
        self.about = about


class Busy(ProgrammeError):
    """The database was held by another for too long: nothing was changed, and the same may be tried again."""


class Overtaken(Refused):
    """Another changed the same rows at the same moment: nothing was changed here, and the same may be tried again."""


class StaleToken(Refused):
    """A run whose lease has gone to another run tried to act."""


class UnknownRevision(ProgrammeError):
    """A schema that another version of the project made."""
