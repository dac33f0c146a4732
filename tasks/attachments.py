"""Attachments as pages show them: what there is, who may read it, and why a file was not taken, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, LargeBinary, func, select
from sqlalchemy.orm import Session

from models.contributions import Attachment
from models.database import reading
from models.doors.attaching import MOST_FILES, MOST_TOGETHER, attachments_of, pending_of
from models.file_types import MOST_BYTES, Why
from models.gates import Gate
from models.links import Link
from models.method import GateKind
from models.standing import Standing
from tasks.wording import Words

PIECE = 256 * 1024
"""Bytes of a file that are handed out at once. Each is looked for from the file's beginning: smaller ones cost more than they spare."""


@dataclass(frozen=True)
class Attached:
    """A file as a page shows it; `size` in bytes. `is_pending`: nothing rests on it yet, so that it can be withdrawn."""

    id: int
    filename: str
    media_type: str
    sha256: str
    size: int
    received_at: datetime | None
    writer: str
    is_pending: bool

    def weight(self, words: Words) -> str:
        """The size as people say it."""
        if self.size < 1000:
            return words.ngettext("%(number)s byte", "%(number)s bytes", self.size) % {"number": words.number(self.size)}
        if self.size < 1_000_000:
            return words.gettext("%(number)s kB") % {"number": words.number(round(self.size / 1000))}
        return words.gettext("%(number)s MB") % {"number": words.number(round(self.size / 1_000_000, 1))}


def attached(rows: Iterable[Attachment], pending: Iterable[Attachment] = ()) -> tuple[Attached, ...]:
    """Rows as pages show them."""
    waiting = {item.id for item in pending}
    return tuple(
        Attached(item.id, item.filename, item.media_type, item.sha256, item.size, item.received_at, item.writer, item.id in waiting)
        for item in rows
    )


def attached_at(session: Session, gate: Gate, organisation: str) -> tuple[Attached, ...]:
    """Every file of an organisation at a gate."""
    return attached(attachments_of(session, gate, organisation), pending_of(session, gate, organisation))


def attached_for(session: Session, standing: Standing, gate: Gate) -> list[tuple[str, str, tuple[Attached, ...]]]:
    """What came with the contributions an approval decides on: title of the gate, slug of the organisation, files; none without."""
    found = []
    for feed in feeds_of(standing, gate):
        for party in standing.parties(feed):
            files = [item for item in attachments_of(session, feed, party.organisation) if item.revision_id is not None]
            if files:
                found.append((feed.spec.title, party.organisation, attached(files)))
    return found


def feeds_of(standing: Standing, gate: Gate) -> list[Gate]:
    """The gates whose contributions an approval decides on."""
    return [feed for key in gate.spec.feeds for feed in standing.gates_of(key) if standing.touch(feed.scope, gate.scope)]


def readable_file(session: Session, standing: Standing, link: Link, attachment_id: int) -> Attachment | None:
    """A file, where the link allows to read it.

    These are its organisation's own and those that came with what its gate decides on; for the coordinator, all.
    """
    found = session.get(Attachment, attachment_id)
    if found is None or found.programme_id != standing.programme.id:
        return None
    if link.organisation in (found.organisation, standing.definition.coordinator):
        return found
    gate = standing.gate_by_id(link.gate_id) if link.gate_id is not None else None
    if gate is None or gate.spec.kind is not GateKind.APPROVAL or found.revision_id is None:
        return None
    is_decider = link.organisation in {party.organisation for party in standing.parties(gate)}
    return found if is_decider and found.gate_id in {feed.id for feed in feeds_of(standing, gate)} else None


def pieces_of(engine: Engine, file: Attachment) -> Iterator[bytes]:
    """A file's bytes, each piece read when it is asked for: a slow line holds one, and no connection between two.

    They end early where the file is withdrawn meanwhile; another that is given its number since is not this one.
    """
    for start in range(1, file.size + 1, PIECE):
        piece = func.substr(Attachment.data, start, PIECE, type_=LargeBinary)
        with reading(engine) as session:
            found = session.scalar(select(piece).where(Attachment.id == file.id, Attachment.sha256 == file.sha256))
        if not found:
            return
        yield found


def limits(words: Words) -> str:
    """What may be attached, in one sentence."""
    said = words.gettext(
        "PDF, Word (.docx), OpenDocument (.odt), a picture (PNG or JPEG) or a signed file (.p7m, .p7s); at most %(files)s files of "
        "%(each)s MB, together %(together)s MB."
    )
    return said % {
        "files": words.number(MOST_FILES),
        "each": words.number(MOST_BYTES // 1_000_000),
        "together": words.number(MOST_TOGETHER // 1_000_000),
    }


def why_not(why: Why, words: Words) -> str:
    """Why a file was not taken, and what to do."""
    said = {
        Why.EMPTY: words.gettext("The file is empty. Choose it again, or save it anew first."),
        Why.TOO_LARGE: words.gettext(
            "The file is too large: it may have at most 20 MB. Save it smaller, for instance as a PDF of lower quality."
        ),
        Why.UNKNOWN: words.gettext(
            "The file is neither a PDF, a Word or OpenDocument text, a PNG or JPEG picture, nor a signed .p7m or .p7s file. "
            "Its name alone does not make it one: save it in one of these formats."
        ),
        Why.BROKEN: words.gettext("The file is broken or incomplete. Open it, save it anew and attach it again."),
        Why.ENCRYPTED: words.gettext("The file is protected by a password, so that nobody could read it here. Remove the password."),
        Why.MACROS: words.gettext("The file contains macros. Save it without them, as .docx or PDF."),
        Why.OLD_OFFICE: words.gettext("The file is in an old Office format. Save it as .docx or PDF."),
        Why.UNPACKS_TOO_LARGE: words.gettext("The file would unpack to far more than a document has. Save it anew, or as a PDF."),
        Why.TOO_MANY: words.gettext("There are as many attachments as there may be. Withdraw one, or join several into one file."),
        Why.TOO_MUCH: words.gettext("The attachments are together too large. Withdraw one, or save them smaller."),
    }
    return said[why]
