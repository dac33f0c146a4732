"""A document that came back against the one that was sent: each text with its changes, what is missing, and what we cannot place.

The result is plain JSON, for it waits in a row until somebody has looked it over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from tasks.comparing import Compared, Effort, TooMuch
from tasks.page_fields import Form
from tasks.word_back.changes import marked, pieces_of
from tasks.word_back.opening import Opened, Unreadable
from tasks.word_back.places import Path, Place
from tasks.word_back.reading import Block, Kind, Piece, Remark, blocks_of, remarks_of

MOST_TEXT = 2_000_000
EFFORT = 12_000_000
"""For a whole file; one that needs more was made to keep us busy."""
MOST_UNPLACED, MOST_REMARKS = 200, 300
Found = dict[str, Any]


def compared(places: Sequence[Place], sent: Sequence[Block], file: Opened, *, base_is_known: bool) -> Found:
    """What a file says. `places` and `sent` are what the document was made from, as near as it is known.

    `fields`: texts with changes or comments; `missing`: texts that could not be found; `unplaced`: text outside of all fields;
    `remarks`: comments outside of them. Where the base is not known, the text with all changes declined stands for it.
    """
    came = blocks_of(file.body)
    if sum(len(piece.text) for block in came for paragraph in block.paragraphs for piece in paragraph.pieces) > MOST_TEXT:
        raise Unreadable("large")
    remarks = remarks_of(file.comments)
    controls, outside = _sorted(places, came)
    effort = Effort(EFFORT)
    matched = _aligned(sent, [came[at] for at in outside], effort)
    at_sent = {was: outside[now] for was, now in matched}
    recovered = {
        place.path: between
        for place in places
        if place.tag not in controls
        for between in [_between(place, sent, came, at_sent)]
        if between is not None
    }
    taken = {at for blocks in recovered.values() for at in blocks}
    fields, missing = [], []
    for number, place in enumerate(places):
        block = came[controls[place.tag]] if place.tag in controls else _merged(came, recovered.get(place.path))
        if block is None:
            missing.append(list(place.trail))
            continue
        field = _field(number, place, block, remarks, effort, base_is_known=base_is_known)
        if field["changes"] or field["remarks"]:
            fields.append(field)
    fixed = {now: sent[was].accepted() for was, now in at_sent.items()}
    return {
        "fields": fields,
        "missing": missing,
        "unplaced": [*_unplaced(places, came, controls, fixed, taken), *_notes(file)][:MOST_UNPLACED],
        "remarks": list(_remarks_outside(came, controls, taken, remarks)),
        "base": [["/".join(place.path), list(place.keys), place.form, place.text] for place in places],
    }


def _sorted(places: Sequence[Place], came: Sequence[Block]) -> tuple[dict[str, int], list[int]]:
    """Which block is which control, the first of each; and all others."""
    known = {place.tag for place in places}
    controls: dict[str, int] = {}
    outside = []
    for at, block in enumerate(came):
        if block.tag in known and block.tag not in controls:
            controls[block.tag] = at
        else:
            outside.append(at)
    return controls, outside


def _aligned(sent: Sequence[Block], outside: Sequence[Block], effort: Effort) -> list[tuple[int, int]]:
    """Which of our own paragraphs came back where: (index in `sent`, index in `outside`)."""
    ours = [at for at, block in enumerate(sent) if not block.tag]
    one, two = [_key(sent[at].accepted()) for at in ours], [_key(block.sent()) for block in outside]
    if len(two) > 2 * len(sent) + 2000:
        raise Unreadable("large")
    try:
        found = Compared(one, two, effort).get_matching_blocks()
    except TooMuch:
        raise Unreadable("large") from None
    return [(ours[match.a + step], match.b + step) for match in found for step in range(match.size) if two[match.b + step]]


def _key(text: str) -> str:
    return " ".join(text.split())


def _between(place: Place, sent: Sequence[Block], came: Sequence[Block], at_sent: Mapping[int, int]) -> list[int] | None:
    """A text whose control was lost: what stands between our own paragraphs before and after it, where both are there."""
    at = next((number for number, block in enumerate(sent) if block.tag == place.tag), None)
    if at is None or at - 1 not in at_sent or at + 1 not in at_sent:
        return None
    found = list(range(at_sent[at - 1] + 1, at_sent[at + 1]))
    return found if found and not any(came[item].tag for item in found) else None


def _merged(came: Sequence[Block], found: Sequence[int] | None) -> Block | None:
    if not found:
        return None
    blocks = [came[at] for at in found]
    return Block(
        "", [item for block in blocks for item in block.paragraphs], [item for block in blocks for item in block.comments]
    )  # fmt: skip


def _field(number: int, place: Place, block: Block, remarks: dict[str, Remark], effort: Effort, *, base_is_known: bool) -> Found:
    pieces = _without_hint(place, block, pieces_of(block.paragraphs, place.form))
    base = place.text if base_is_known else "".join(piece.text for piece in pieces if piece.mark.kind is not Kind.INS)
    found = marked(base, pieces, effort)
    return {
        "number": number,
        "path": "/".join(place.path),
        "trail": list(place.trail),
        "form": place.form,
        "base": base,
        "segments": [[str(item.kind), item.text, item.change] for item in found.segments],
        "changes": [asdict(change) for change in found.changes],
        "remarks": [asdict(remarks.pop(item)) for item in block.comments if item in remarks],
    }


def _without_hint(place: Place, block: Block, pieces: list[Piece]) -> list[Piece]:
    """Without the grey words that stood where there was nothing yet."""
    if place.text:
        return [piece for piece in pieces if piece.mark.kind is Kind.DEL] if block.is_placeholder else pieces
    left = place.says if "".join(item.text for item in pieces if item.mark.kind is not Kind.INS).startswith(place.says) else ""
    found = []
    for piece in pieces:
        cut = 0 if piece.mark.kind is Kind.INS else min(len(left), len(piece.text))
        left = left[cut:]
        found.append(replace(piece, text=piece.text[cut:]) if cut else piece)
    return found


def _unplaced(
    places: Sequence[Place], came: Sequence[Block], controls: Mapping[str, int], fixed: Mapping[int, str], taken: set[int]
) -> Iterator[Found]:
    """Text that is in no field: with the last heading or field before it."""
    fields = {at: place for place in places for at in [controls.get(place.tag)] if at is not None}
    where = ""
    for at, block in enumerate(came):
        if at in fields:
            where = ": ".join(fields[at].trail)
            continue
        said = block.accepted().strip()
        if at in fixed:
            if said and _key(said) != _key(fixed[at]):
                yield {"where": where, "text": said}
            where = fixed[at].strip() or where
        elif at not in taken and said:
            yield {"where": where, "text": said}


def _notes(file: Opened) -> Iterator[Found]:
    """Foot and end notes, which no field has."""
    for part in file.notes:
        for note in part:
            said = "\n".join(block.accepted() for block in blocks_of([note])).strip()
            if said:
                yield {"where": "", "text": said}


def _remarks_outside(came: Sequence[Block], controls: Mapping[str, int], taken: set[int], remarks: dict[str, Remark]) -> Iterator[Found]:
    """Comments on something else than a field."""
    inside = {*controls.values(), *taken}
    where = {item: _key(block.sent())[:120] for at, block in enumerate(came) if at not in inside for item in block.comments}
    for key, remark in list(remarks.items())[:MOST_REMARKS]:
        yield {"where": where.get(key, ""), **asdict(remark)}


def base_places(found: Found) -> list[Place]:
    """The texts a document was made from, as far as finding them again needs it."""
    return [Place(_path(path), tuple(keys), Form(form), (), "", text) for path, keys, form, text in found["base"]]


def _path(path: str) -> Path:
    return tuple(path.split("/"))
