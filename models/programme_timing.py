"""Rules of the programme file about when things happen: phases, meetings, changes to gates, closures and quiet periods.

Each rule looks at the whole document, whatever its shape, and yields the faults it finds; see `programme_file`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from models.definition import Policy
from models.errors import Fault
from models.fault_words import quoted, suggestion
from models.method import METHOD, GateKind
from models.method.graph import cycle, gate_edges
from models.programme_cast import can_be_mentored, cast_of, hosts_academy, names_organisation
from models.yaml_places import Place

INDISPENSABLE = ("matching-approval", "closure")
"""Gates whose decision leaves nothing to go on with where it is missing."""

VISITS_AND_WORKSHOP = ("visit_1", "visit_2", "workshop", "visit_3")


def phases_stand_in_order(root: Place) -> Iterator[Fault]:
    """All seven, each once, from 1 to 7."""
    phases = [(phase, phase["number"].number) for phase in root["phases"].items()]
    numbers = [number for _, number in phases]
    for index, (phase, number) in enumerate(phases):
        if number in numbers[:index]:
            yield phase["number"].fault(f"phase {number} stands twice; each of the phases 1 to 7 stands once")
        elif number is not None and any(earlier is not None and earlier > number for earlier in numbers[:index]):
            yield phase["number"].fault(f"phase {number} stands after a later one; write the phases in the order 1 to 7")
    missing = [str(number) for number in range(1, 8) if number not in numbers]
    if phases and missing and all(number is not None for number in numbers):
        yield root["phases"].fault(f"phase {', '.join(missing)} is missing; all of 1 to 7 must stand here")


def exceptions_name_who_meets(root: Place) -> Iterator[Fault]:
    """Visits and workshops are kept by mentee, academies by the association that hosts one."""
    cast = cast_of(root)
    for key, meeting in root["meetings"].entries():
        for slug, place in meeting["by"].entries():
            if key in VISITS_AND_WORKSHOP:
                yield from names_organisation(cast, place, slug, "a city that can be mentee", can_be_mentored)
            elif key == "academy":
                yield from names_organisation(cast, place, slug, "an association with 'hosts_academy: true'", hosts_academy)


def meetings_follow_each_other(root: Place) -> Iterator[Fault]:
    """Visit 1, visit 2, the workshop, visit 3; by default, and for each mentee with weeks of its own."""
    meetings = root["meetings"]
    default = {key: meetings[key]["week"] for key in VISITS_AND_WORKSHOP}
    yield from _in_order(default, "")
    for slug in dict.fromkeys(slug for key in VISITS_AND_WORKSHOP for slug, _ in meetings[key]["by"].entries()):
        own = {key: week for key in VISITS_AND_WORKSHOP if (week := meetings[key]["by"][slug]["week"])}
        yield from _in_order(default | own, slug)


def _in_order(weeks: dict[str, Place], slug: str) -> Iterator[Fault]:
    """Faults stand at the later meeting, or at the earlier one where only that is the mentee's own."""
    whose = f" of {slug}" if slug else ""
    for earlier, later, together in (("visit_1", "visit_2", False), ("visit_2", "workshop", False), ("workshop", "visit_3", True)):
        before, after = weeks[earlier].number, weeks[later].number
        own = [weeks[key] for key in (later, earlier) if slug in weeks[key].path]
        if before is None or after is None or before < after or (together and before == after) or (slug and not own):
            continue
        wanted = "not come before" if together else "come after"
        place = own[0] if own else weeks[later]
        yield place.fault(f"{later}{whose} (week {after}) must {wanted} {earlier} (week {before})")


def gate_changes_are_allowed(root: Place) -> Iterator[Fault]:
    """Only gates of the method change; silence consents neither to money nor to an event nor instead of a text."""
    for key, change in root["gates"].entries():
        if key not in METHOD.gates:
            yield change.fault(f"unknown gate {quoted(key)}{suggestion(key, METHOD.gates)}")
        elif key in INDISPENSABLE and change["policy"].text in (Policy.TACIT, Policy.PROCEED):
            yield change["policy"].fault(f"{key} is never gone on without: choose hold or escalate")
        elif change["policy"].text == Policy.TACIT:
            yield from _tacit_consent(key, change["policy"])
        for other in change["after"].items():
            if other.text and other.text not in METHOD.gates:
                yield other.fault(f"unknown gate {quoted(other.text)}{suggestion(other.text, METHOD.gates)}")


def _tacit_consent(key: str, place: Place) -> Iterator[Fault]:
    gate = METHOD.gates[key]
    instead = "choose hold, escalate, extend or proceed-without"
    if gate.money:
        yield place.fault(f"tacit consent is barred at '{key}', a gate about money; {instead}")
    elif gate.kind is not GateKind.APPROVAL:
        yield place.fault(f"tacit consent is for approvals only, and '{key}' is no approval ({gate.kind}); {instead}")


def gates_do_not_wait_in_a_circle(root: Place) -> Iterator[Fault]:
    """Every circle that the file's own `after` closes, at the gate where it is closed."""
    added = {
        key: [other.text for other in change["after"].items() if other.text in METHOD.gates]
        for key, change in root["gates"].entries()
    }
    while found := cycle(gate_edges(METHOD, added)):
        closing = next(key for key, waited_for in pairwise(found) if waited_for in added.get(key, ()))
        told = f"a cycle of gates, each waiting for the next: {' → '.join(found)}; shorten this 'after'"
        yield root["gates"][closing]["after"].fault(told)
        del added[closing]


def absences_have_days(root: Place) -> Iterator[Fault]:
    """Closures end after they begin; the days of quiet periods exist in every year."""
    for organisation in root["organisations"].items():
        for closure in organisation["closures"].items():
            first, last = closure["first"].day, closure["last"].day
            if first and last and last < first:
                yield closure["last"].fault(f"the last day {last} is before the first, {first}")
    for period in root["quiet_periods"].items():
        for key in ("first", "last"):
            yield from _exists_every_year(period[key])


def _exists_every_year(place: Place) -> Iterator[Fault]:
    if len(place.text) != 5 or day_of_year(place.text, 2023):
        return
    if place.text == "02-29":
        yield place.fault("29 February is not in every year; write 02-28 or 03-01")
    else:
        yield place.fault(f"{quoted(place.text)} is no day of the year; write month and day as 'MM-DD'")


def day_of_year(written: str, year: int) -> date | None:
    """`08-01` in that year; None where there is no such day."""
    try:
        return date.fromisoformat(f"{year:04}-{written}")
    except ValueError:
        return None


TIMING_RULES = (
    phases_stand_in_order,
    exceptions_name_who_meets,
    meetings_follow_each_other,
    gate_changes_are_allowed,
    gates_do_not_wait_in_a_circle,
    absences_have_days,
)
