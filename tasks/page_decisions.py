"""From the form of an approval to the decision: what was chosen, commented on sections, and the act with its signed file."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from models.contributions import Attachment
from models.decisions import Decision, Remark, Verdict
from models.doors.answering import LONGEST_ACT_NUMBER, Origin, Ruling, decide
from models.doors.attaching import Upload, attach, pending_of, withdraw
from models.file_types import Unfit
from models.gates import Gate
from models.links import Link
from models.standing import Standing
from tasks.attachments import why_not
from tasks.page_answers import Fields, NotTaken, Problem, asked_party, clean, past_day, refuse
from tasks.page_review import Place, review_of
from tasks.pages import bound_hashes, said_at
from tasks.wording import Words

LONGEST_COMMENT = 4000


def keep_evidence(
    session: Session, standing: Standing, gate: Gate, link: Link, form: Fields, upload: Upload | None, words: Words, now: datetime, *,
    writer: str, on_behalf: bool,
) -> int | None:  # fmt: skip
    """Take in the signed file that was chosen in a form, whatever becomes of the rest of it; its id, or that of the one there was.

    Fields: `evidence`, the id of a file uploaded before, which a new one replaces, and `evidence-out` to take it back.
    NotTaken where the file cannot be taken, or the gate does not ask the reader.
    """
    asked_party(standing, gate, link, words)
    earlier = _number(form.get("evidence", ""))
    kept = {item.id for item in pending_of(session, gate, link.organisation)}
    if upload is None:
        if earlier is not None and form.get("evidence-out") == "yes":
            if earlier in kept:
                withdraw(session, standing, gate, link.organisation, earlier, now, on_behalf=on_behalf)
            return None
        return earlier
    try:
        found = attach(session, standing, gate, link.organisation, upload, writer, now, on_behalf=on_behalf)
    except Unfit as unfit:
        raise NotTaken([Problem(why_not(unfit.why, words), "evidence")]) from unfit
    if earlier in kept and earlier is not None and earlier != found.id:
        withdraw(session, standing, gate, link.organisation, earlier, now, on_behalf=on_behalf)
    return found.id


def decide_by_form(
    session: Session, standing: Standing, gate: Gate, link: Link, form: Fields, evidence_id: int | None, words: Words, now: datetime, *,
    origin: Origin, writer: str,
) -> Decision:  # fmt: skip
    """Record the decision of a form. NotTaken with every problem of the form, or because somebody was faster.

    Fields: `verdict`, `comment`, `remark.…` for the sections, `act_number`, `act_on`, and `shown`: the hashes of everything the page
    showed.
    """
    party = asked_party(standing, gate, link, words)
    bound = bound_hashes(session, standing, gate)
    if tuple(form.get("shown", "").split()) != bound:
        changed = words.gettext(
            "What you are asked to decide on has changed since you opened this page. Nothing was recorded: read it again, then decide."
        )
        refuse(changed, conflict=True)
    problems: list[Problem] = []
    if evidence_id is not None and not _is_waiting(session, gate, link, evidence_id):
        problems.append(Problem(words.gettext("The file uploaded before is not there any more. Choose it once more."), "evidence"))
    remarks = _remarks(session, standing, gate, link, form, words, problems)
    ruling = _ruling(gate, form, remarks, words, standing.calendar.local_date(link.organisation, now), problems)
    shown = bound[0] if bound else None
    return decide(
        session, standing, gate, party,
        Ruling(ruling.verdict, ruling.comment, shown, ruling.act_number, ruling.act_on, remarks, evidence_id, writer),
        origin, now,
    )  # fmt: skip


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _is_waiting(session: Session, gate: Gate, link: Link, evidence_id: int) -> bool:
    found = session.get(Attachment, evidence_id)
    return found is not None and found in pending_of(session, gate, link.organisation)


def _remarks(
    session: Session, standing: Standing, gate: Gate, link: Link, form: Fields, words: Words, problems: list[Problem]
) -> tuple[Remark, ...]:
    """The comments on sections there are, each with its section's number and title as they are; none for a section that is not."""
    if not any(name.startswith("remark.") and text.strip() for name, text in form.items()):
        return ()
    review = review_of(session, standing, gate, link, words.language, said_at(session, standing, gate))
    found = []
    for place in review.places():
        text = clean(form, place.field)
        if text:
            _check_length(text, place, words, problems)
            found.append(Remark(place.document, place.section, place.title, text))
    return tuple(found)


def _check_length(text: str, place: Place | None, words: Words, problems: list[Problem]) -> None:
    if len(text) <= LONGEST_COMMENT:
        return
    numbers = {"most": words.number(LONGEST_COMMENT), "has": words.number(len(text))}
    if place is None:
        problems.append(Problem(words.gettext("Shorten the comment to %(most)s characters; it has %(has)s.") % numbers, "comment"))
        return
    said = words.gettext("Shorten the comment on “%(section)s” to %(most)s characters; it has %(has)s.")
    problems.append(Problem(said % {**numbers, "section": f"{place.section} {place.title}".strip()}, place.field))


def _ruling(gate: Gate, form: Fields, remarks: tuple[Remark, ...], words: Words, today: date, problems: list[Problem]) -> Ruling:
    verdict, comment, number = form.get("verdict", ""), clean(form, "comment"), " ".join(clean(form, "act_number").split())
    if verdict not in set(Verdict):
        problems.append(Problem(words.gettext("Choose what you decide: approve, return or reject."), "verdict"))
    if verdict in (Verdict.RETURN, Verdict.REJECT) and not comment and not remarks:
        problems.append(Problem(words.gettext("Say why, so that the authors know what to change."), "comment"))
    _check_length(comment, None, words, problems)
    act_on = None
    if gate.spec.needs_act and verdict == Verdict.APPROVE:
        if not number or len(number) > LONGEST_ACT_NUMBER:
            problems.append(Problem(words.gettext("Give the number of the act, as it stands on it."), "act_number"))
        act_on = past_day(form, "act_on", words.gettext("Give the date of the act."), words, today, problems)
    if problems:
        raise NotTaken(problems)
    return Ruling(Verdict(verdict), comment, act_number=(number or None) if act_on else None, act_on=act_on)
