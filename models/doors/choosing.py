"""Several answers to one question: what was written while somebody else changed it is kept with the draft until one of them is chosen.

The stored answer stands meanwhile. Choosing, giving one's own up (by emptying it) and the end of the draft end it; nothing is handed in
while a choice is open (`drafting.hand_in`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.drafts import Draft, OtherAnswer
from models.errors import Refused
from models.merging import Path, Tree, node_at, put, text_at

MOST_OPEN = 200
"""Answers of one draft that wait to be chosen from."""
KEPT_SETTLED = 50
"""Of those that were chosen from so many are remembered: a page that still shows one is told so, and does not open the choice again."""
LONGEST_PLACE = 400
MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class Pick:
    """What a page says of a question with several answers. `own` is the number its writer's own is kept under, 0 for none yet."""

    mine: str | None = None
    """The answer in its field where that is not the stored one, and it has not been said that it is to stand: it is no change then."""
    own: int = 0
    shown: frozenset[int] = frozenset()
    """The other answers the page has shown."""
    choice: str = ""
    """"mine": the one in the field is to stand; "theirs": the stored one; a number: that other answer."""


@dataclass
class Kept:
    """What became of what pages said: the writer's own answers by the numbers they are kept under, and what needs no choice any more."""

    numbers: dict[Path, int] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)
    settled: list[Path] = field(default_factory=list)


def place_of(path: Path) -> str:
    """A path as a row has it."""
    return ".".join(path)


def path_of(answer: OtherAnswer) -> Path:
    """Of which question an answer is."""
    return tuple(answer.place.split("."))


def open_answers(draft: Draft | None, state: Tree) -> list[OtherAnswer]:
    """The answers that wait to be chosen from, in the order they came."""
    return [item for item in draft.others if _is_open(item, state)] if draft is not None else []


def _is_open(answer: OtherAnswer, state: Tree) -> bool:
    there = node_at(state, path_of(answer))
    return answer.settled_at is None and isinstance(there, str) and there != answer.text


def held(draft: Draft | None, picks: Mapping[Path, Pick], state: Tree) -> frozenset[Path]:
    """The places with answers that a page has not shown: an entry with one is not removed by that page."""
    known = {number for pick in picks.values() for number in (*pick.shown, pick.own)}
    paths = [path_of(item) for item in open_answers(draft, state) if item.number not in known]
    return frozenset(path[:length] for path in paths for length in range(1, len(path) + 1))


def carried_out(draft: Draft | None, changes: Mapping[str, Any], picks: Mapping[Path, Pick], state: Tree) -> Mapping[str, Any]:
    """The changes with those other answers in them that were chosen by their number and are still there as they were shown.

    So is what its writer went on with where somebody has removed its entry since: there is nothing to choose from any more, and it is
    as any other change of a removed entry, which brings that back.
    """
    found = {(path_of(item), str(item.number)): item.text for item in open_answers(draft, state)}
    chosen = {path: found[path, pick.choice] for path, pick in picks.items() if (path, pick.choice) in found}
    known = {(item.place, item.text) for item in draft.others} if draft is not None else set()
    for path, pick in picks.items():
        if pick.mine and node_at(state, path) is None and (place_of(path), pick.mine) not in known:
            chosen[path] = pick.mine
    if not chosen:
        return changes
    wished = deepcopy(dict(changes))
    for path, text in chosen.items():
        put(wished, path, text)
    return wished


def settle(
    draft: Draft, picks: Mapping[Path, Pick], clashed: Collection[Path], seen: Any, before: Tree, after: Tree, now: datetime
) -> frozenset[Path]:
    """Settle what was chosen from; the questions that were decided.

    A choice counts for the answers that the page has shown, where what it wished is what stands now. `seen`: what the page showed,
    `before` and `after`: what was stored before this save and after it. What was given up by its own writer is settled in any case, and
    so is what stands now, and what stood in an entry that was removed.
    """
    rows = {(path_of(item), item.number): item for item in draft.others if item.settled_at is None}
    decided = frozenset(path for path, pick in picks.items() if _is_decided(path, pick, clashed, seen, before, rows))
    for path, pick in picks.items():
        is_given_up = pick.choice == THEIRS or pick.mine == ""
        for number in (pick.own, *pick.shown) if path in decided else (pick.own,) if is_given_up else ():
            if (path, number) in rows:
                rows[path, number].settled_at = now
    for item in rows.values():
        if item.settled_at is None and not _is_open(item, after):
            item.settled_at = now
    return decided | {path for path, pick in picks.items() if pick.choice == THEIRS}


def _is_decided(
    path: Path, pick: Pick, clashed: Collection[Path], seen: Any, before: Tree, rows: Mapping[tuple[Path, int], OtherAnswer]
) -> bool:
    if path in clashed:
        return False
    if pick.choice == THEIRS:
        return text_at(seen, path) == text_at(before, path)
    return pick.choice == MINE or (pick.choice.isdecimal() and (path, int(pick.choice)) in rows)


def keep(
    draft: Draft, met: Mapping[Path, str], waiting: Mapping[Path, str], picks: Mapping[Path, Pick], state: Tree, writer: str, now: datetime
) -> Kept:
    """Keep what was written and does not stand: what `met` with another change in this very save, and what waits since an earlier one.

    An answer that was kept already is not kept twice; one that its writer goes on with takes its old one's place; one that its writer has
    emptied is given up. Refused where that would be more than can be kept: nothing is dropped for it.
    """
    kept = Kept()
    for path, text in {**waiting, **met}.items():
        own = picks[path].own if path in picks else 0
        number = _keep_one(draft, path, text, own, state, writer, now)
        if number is None or (not text and path not in met):
            kept.settled.append(path)
        else:
            kept.texts[path], kept.numbers[path] = text, number
    open_ = {path_of(item) for item in open_answers(draft, state)}
    kept.settled += [path for path in picks if path not in kept.texts and path not in kept.settled and path not in open_]
    if len([item for item in draft.others if item.settled_at is None]) > MOST_OPEN:
        raise Refused("Too many questions here have two answers. Choose which are to stand where it says so, then save this again.")
    for old in [item for item in draft.others if item.settled_at is not None][:-KEPT_SETTLED]:
        draft.others.remove(old)
    return kept


def _keep_one(draft: Draft, path: Path, text: str, own: int, state: Tree, writer: str, now: datetime) -> int | None:
    """The number an answer is kept under; 0 for one that says nothing; None where there is nothing to choose (any more)."""
    if node_at(state, path) == text:
        return None
    there = [item for item in draft.others if item.place == place_of(path)]
    mine = next((item for item in there if item.number == own), None)
    if mine is not None and mine.settled_at is not None and mine.text == text:
        return None
    if not isinstance(node_at(state, path), str):
        return None
    if not text or len(place_of(path)) > LONGEST_PLACE:
        return 0
    same = next((item for item in there if item.settled_at is None and item.text == text), None)
    if same is not None:
        return same.number
    draft.answers += 1
    if mine is not None and mine.settled_at is None:
        mine.number, mine.text, mine.writer, mine.written_at = draft.answers, text, writer or mine.writer, now
        return mine.number
    draft.others.append(OtherAnswer(number=draft.answers, place=place_of(path), text=text, writer=writer, written_at=now, settled_at=None))
    return draft.answers
