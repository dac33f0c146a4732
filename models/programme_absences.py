"""The rule that a deadline shared by everybody finds a working day: closures and quiet periods leave one within months.

Weekends count here, public holidays do not: they never fill months. The exact working days are `calendar`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, islice

from models.definition import MAX_QUIET_PERIODS
from models.errors import Fault
from models.fault_words import quoted
from models.programme_timing import day_of_year
from models.yaml_places import Place

TOO_LONG = 90
"""Days without a common working day that are a fault."""

# Closures may be mistyped by centuries; years beyond these say nothing about a programme.
_EARLIEST, _LATEST = date(2000, 1, 1), date(2099, 12, 31)
# A year for a file without any date, and the one after it: 29 February is among them.
_ANY_START = date(2024, 1, 1)


@dataclass(frozen=True)
class _Absence:
    first: date
    last: date
    place: Place

    @property
    def name(self) -> str:
        return self.place["name"].text or "unnamed"


def a_common_working_day_is_never_far(root: Place) -> Iterator[Fault]:
    """The first stretch of `TOO_LONG` days without a day on which all organisations work, at the longest absence in it."""
    closures = list(_closures(root))
    start = min([*(closure.first for closure in closures), root["historical_start"].day or _ANY_START])
    end = max([*(closure.last for closure in closures), start]) + timedelta(days=2 * 366)
    absences = [*closures, *_quiet(root, start.year - 1, end.year)]
    for first, last in _stretches(absences, start, min(end, _LATEST)):
        if (last - first).days + 1 >= TOO_LONG:
            yield _blame(absences, first, last)
            return


def _closures(root: Place) -> Iterator[_Absence]:
    for organisation in root["organisations"].items():
        for closure in organisation["closures"].items():
            first, last = closure["first"].day, closure["last"].day
            if first and last and first <= last and last >= _EARLIEST and first <= _LATEST:
                yield _Absence(max(first, _EARLIEST), min(last, _LATEST), closure)


def _quiet(root: Place, first_year: int, last_year: int) -> Iterator[_Absence]:
    countries = {organisation["country"].text for organisation in root["organisations"].items()}
    for period in islice(root["quiet_periods"].items(), MAX_QUIET_PERIODS):
        only = {country.text for country in period["countries"].items()}
        if only and not only & countries:
            continue
        for year in range(first_year, last_year + 1):
            first = day_of_year(period["first"].text, year)
            last = day_of_year(period["last"].text, year)
            if first and last and last < first:  # over New Year
                last = day_of_year(period["last"].text, year + 1)
            if first and last:
                yield _Absence(first, last, period)


def _stretches(absences: list[_Absence], start: date, end: date) -> Iterator[tuple[date, date]]:
    """Runs of days from `start` to `end` on which somebody is away or it is weekend."""
    days = (end - start).days + 1
    away = bytearray((start + timedelta(days=day)).weekday() >= 5 for day in range(days))
    for absence in absences:
        first, last = max((absence.first - start).days, 0), min((absence.last - start).days, days - 1)
        if first <= last:
            away[first : last + 1] = b"\1" * (last + 1 - first)
    for is_away, run in groupby(range(days), key=lambda day: away[day]):
        if is_away:
            whole = list(run)
            yield start + timedelta(days=whole[0]), start + timedelta(days=whole[-1])


def _blame(absences: list[_Absence], first: date, last: date) -> Fault:
    within = [absence for absence in absences if absence.first <= last and absence.last >= first]
    longest = max(within, key=lambda absence: min(absence.last, last) - max(absence.first, first))
    names = list(dict.fromkeys(quoted(absence.name) for absence in within))
    told = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return longest.place.fault(f"no working day common to all from {first} to {last} ({told}); shorten one, shared deadlines need a day")
