"""The working copy of a contribution as it stands, and a returned one read against the very version it was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.doors.drafting import Base, Beginning, Saved, draft_of
from models.gates import Gate
from models.links import Link
from models.standing import Standing
from tasks.forms import state_of
from tasks.forms.options import Offer
from tasks.notice_views import name_of, scope_names
from tasks.page_fields import Field, Form, asked_fields
from tasks.pages import revisions_of
from tasks.word_back.copying import Cover, blocks, working_copy
from tasks.word_back.opening import Opened
from tasks.word_back.origin import Origin, signed
from tasks.word_back.places import Place, Section, fingerprint, laid_out
from tasks.word_back.reading import Block, blocks_of
from tasks.word_back.returned import Found, compared
from tasks.wording import Words
from tasks.writing import writing_of


@dataclass(frozen=True)
class Held:
    """A contribution as it stands: its draft, or what a draft would begin with. `language` is that of its texts."""

    gate: Gate
    organisation: str
    fields: tuple[Field, ...]
    saved: Saved
    beginning: Beginning
    language: str
    offer: Offer
    """What references name."""

    def section(self, words: Words) -> Section:
        """Laid out for a document or a preview."""
        return self.laid_out(self.saved.state, words)

    def laid_out(self, state: Mapping[str, Any], words: Words) -> Section:
        """The same for another state of it."""
        return laid_out(self.fields, state, words, self.offer)


def held(session: Session, standing: Standing, gate: Gate, link: Link, now: datetime, words: Words) -> Held:
    """What a link's organisation has written at a gate, all of it, whichever fields the link opens."""
    found = writing_of(session, standing, gate, link, None, now, words)
    return Held(gate, link.organisation, found.fields, found.saved, found.beginning, found.language, found.offer)


def has_texts(kind: str | None) -> bool:
    """Whether a kind of contribution has texts of some length, which people like to work on in Word."""
    return bool(kind) and any(field.form is Form.TEXT for field in asked_fields(str(kind)))


def copy_of(standing: Standing, found: Held, secret: str, words: Words, *, has_controls: bool = True) -> bytes:
    """The `.docx` of a contribution as it stands; without controls for programs that do not keep them."""
    section = found.section(words)
    base = found.saved.base
    origin = Origin(
        standing.programme.id, found.gate.key, found.gate.scope, found.organisation, found.gate.spec.contribution or "",
        base.revision, base.save, fingerprint(list(section.places())), words.language,
    )  # fmt: skip
    cover = replace(cover_of(standing, found, signed(secret, origin), words), has_controls=has_controls)
    return working_copy(section, cover, words)


def cover_of(standing: Standing, found: Held, token: str, words: Words) -> Cover:
    """What stands above the texts."""
    about = (standing.programme.title, name_of(standing, found.organisation), *scope_names(standing, found.gate.scope))
    return Cover(words.gettext(found.gate.spec.title), tuple(dict.fromkeys(about)), found.language, token)


def read_back(session: Session, standing: Standing, now: Held, origin: Origin, file: Opened) -> Found:
    """What a returned file says, against the version it was made from.

    Where that version is not kept any more, the text with all changes declined stands for it; changes that were not tracked are not
    seen then, which `is_exact` says.
    """
    words = Words(origin.language)
    sent = _sent(session, now, origin)
    places = list(laid_out(now.fields, sent, words).places()) if sent is not None else []
    is_exact = bool(places) and fingerprint(places) == origin.sha256
    state = sent if is_exact and sent is not None else now.saved.state
    cover = cover_of(standing, now, file.token, words)
    versions = (now.laid_out(state, words), laid_out(now.fields, state, words, is_bare=True))
    ours = _nearest([blocks_of(blocks(section, cover, words)) for section in versions], file)
    found = compared(_places(versions[0]), ours, file, base_is_known=is_exact)
    return {**found, "revision": origin.revision, "save": origin.save, "is_exact": is_exact, "is_lossy": file.is_lossy}


def _nearest(versions: Sequence[list[Block]], file: Opened) -> list[Block]:
    """The one that the file was made as: of our own lines most came back with it; of equals the first."""
    came = {block.sent().strip() for block in blocks_of(file.body)}
    return max(versions, key=lambda version: sum(block.accepted().strip() in came for block in version if not block.tag))


def _places(section: Section) -> list[Place]:
    return list(section.places())


def _sent(session: Session, now: Held, origin: Origin) -> Mapping[str, Any] | None:
    """The state a file was made from; None where it is not kept any more."""
    if Base(origin.revision, origin.save) == now.saved.base:
        return now.saved.state
    draft = draft_of(session, now.gate, now.organisation)
    saves = draft.history if draft and (draft.based_on or 0) == origin.revision else []
    found = next((item.state for item in saves if item.number == origin.save), None)
    if found is not None or origin.save:
        return found
    if origin.revision == now.beginning.revision:
        return now.beginning.state
    revisions = revisions_of(session, now.gate, now.organisation)
    return next((state_of(now.fields, item.body) for item in revisions if item.number == origin.revision), None)
