"""Working days of the organisations of one programme, the days several of them share, and local time turned into UTC.

Public holidays come from the `holidays` package, closures and quiet periods from the programme file. What falls due, and when
notices go out, is not here: see `gates` and `ladder`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from babel import Locale

from models.definition import Closure, Definition, Organisation, QuietPeriod
from models.errors import ProgrammeError

FURTHEST_DAYS = 180
"""How far a common working day is looked for before the programme file must be wrong."""

_DAY = timedelta(days=1)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMED = 3  # organisations named in one reason; the others are counted


class NoCommonDay(ProgrammeError):
    """No day within `FURTHEST_DAYS` is a working day of all the organisations."""


class UnknownCountry(ProgrammeError):
    """The `holidays` package knows no such country, or no such subdivision of it."""


@dataclass(frozen=True)
class Shift:
    """A day that was asked for, the working day it became, and why each day between was passed over."""

    day: date
    asked: date
    reasons: tuple[str, ...] = ()

    @property
    def moved(self) -> bool:
        """Is it another day than the one asked for?"""
        return self.day != self.asked


class Calendar:
    """The working days of a programme's organisations, by slug.

    A day of work made up for on a Saturday is still a Saturday here: no deadline should fall on one.
    """

    def __init__(self, definition: Definition) -> None:
        self._organisations = {organisation.slug: organisation for organisation in definition.organisations}
        self._zones = {organisation.slug: ZoneInfo(organisation.zone) for organisation in definition.organisations}
        self._quiet_periods = definition.quiet_periods
        self._working: dict[str, dict[int, frozenset[date]]] = {slug: {} for slug in self._organisations}

    def is_working_day(self, slug: str, day: date) -> bool:
        """Does the organisation work on that day? KeyError for an unknown slug."""
        working = self._working[slug].get(day.year)
        if working is None:
            working = self._working[slug][day.year] = self._working_days(slug, day.year)
        return day in working

    def why_not(self, slug: str, day: date) -> str | None:
        """Why the organisation does not work on that day, in English; None where it does."""
        organisation = self._organisations[slug]
        year = _public_year(organisation.country, organisation.subdivision, day.year)
        if day.weekday() in year.weekend:
            return _WEEKDAYS[day.weekday()]
        if day in year.holidays:
            return f"public holiday in {_place(organisation)}: {year.holidays[day]}"
        if closure := next((closure for closure in organisation.closures if closure.first <= day <= closure.last), None):
            return f"closed: {closure.name}"
        quiet = next((period for period in self._quiet_periods if _holds_for(period, organisation) and _is_in(period, day)), None)
        return f"quiet period: {quiet.name}" if quiet else None

    def on_or_after(self, slugs: Collection[str], day: date) -> Shift:
        """The first day from `day` on that is a working day of all these organisations. Raises NoCommonDay."""
        return self._nearest(slugs, day, _DAY)

    def on_or_before(self, slugs: Collection[str], day: date) -> Shift:
        """The last day up to `day` that is a working day of all these organisations. Raises NoCommonDay."""
        return self._nearest(slugs, day, -_DAY)

    def add_working_days(self, slugs: Collection[str], day: date, n: int) -> date:
        """The nth shared working day after `day`, before it where `n` is negative; for 0 the first from `day` on."""
        if n == 0:
            return self.on_or_after(slugs, day).day
        step = _DAY if n > 0 else -_DAY
        for _ in range(abs(n)):
            day = self._nearest(slugs, day + step, step).day
        return day

    def why_not_between(self, slugs: Collection[str], day: date, until: date) -> tuple[str, ...]:
        """Why days after `day` and before `until` are no working days of all these, each thing said once; weekends only as `weekend`."""
        days = [day + _DAY * offset for offset in range(1, (until - day).days)]
        return self._reasons(slugs, [item for item in days if not all(self.is_working_day(slug, item) for slug in slugs)])

    def at(self, slug: str, day: date, wall: time) -> datetime:
        """That local wall time in UTC. A time the clock skips moves forward by the gap; of one it shows twice, the first is meant."""
        return datetime.combine(day, wall, self._zones[slug]).astimezone(UTC)

    def local(self, slug: str, at: datetime) -> datetime:
        """That moment on the organisation's own clock; `at` must be aware."""
        return at.astimezone(self._zones[slug])

    def local_date(self, slug: str, at: datetime) -> date:
        """Which day it is at the organisation at that moment; `at` must be aware."""
        return self.local(slug, at).date()

    def start_of_day_utc(self, slug: str, day: date) -> datetime:
        """When that local day begins, in UTC."""
        return self.at(slug, day, time(0))

    def _nearest(self, slugs: Collection[str], day: date, step: timedelta) -> Shift:
        asked = day
        passed: list[date] = []
        for _ in range(FURTHEST_DAYS + 1):
            if all(self.is_working_day(slug, day) for slug in slugs):
                return Shift(day, asked, self._reasons(slugs, passed)) if passed else Shift(day, asked)
            passed.append(day)
            day += step
        raise NoCommonDay(self._no_common_day(slugs, asked, day - step))

    def _no_common_day(self, slugs: Collection[str], asked: date, last: date) -> str:
        names = _listed([self._organisations[slug].name for slug in slugs])
        reasons = _listed(list(self._reasons(slugs, [min(asked, last) + _DAY * offset for offset in range(FURTHEST_DAYS + 1)])))
        return (
            f"No working day shared by {names} between {min(asked, last)} and {max(asked, last)} ({reasons}). "
            "Shorten closures or quiet_periods in the programme file, or move the deadline."
        )

    def _reasons(self, slugs: Collection[str], passed: list[date]) -> tuple[str, ...]:
        """Why these days were passed over, each thing said once, in the order met."""
        return tuple(dict.fromkeys(reason for day in passed for reason in self._reasons_on(slugs, day)))

    def _reasons_on(self, slugs: Collection[str], day: date) -> Iterator[str]:
        names: dict[str, list[str]] = {}
        for slug in slugs:
            if why := self.why_not(slug, day):
                names.setdefault("weekend" if why in _WEEKDAYS else why, []).append(self._organisations[slug].name)
        for why, who in names.items():
            yield why if why == "weekend" and len(who) == len(slugs) else f"{_listed(who)}: {why}"

    def _working_days(self, slug: str, year: int) -> frozenset[date]:
        """Every working day of a year: a set, because the rehearsal asks many thousand times."""
        organisation = self._organisations[slug]
        public = _public_year(organisation.country, organisation.subdivision, year)
        quiet = [period for period in self._quiet_periods if _holds_for(period, organisation)]
        return frozenset(
            day
            for day in _days_of(year)
            if day.weekday() not in public.weekend
            and day not in public.holidays
            and not _is_closed(organisation.closures, day)
            and not any(_is_in(period, day) for period in quiet)
        )


@dataclass(frozen=True)
class _PublicYear:
    """A country's year; `weekend` in numbers of `date.weekday()`."""

    holidays: Mapping[date, str]
    weekend: frozenset[int]


@lru_cache(maxsize=4096)
def _public_year(country: str, subdivision: str | None, year: int) -> _PublicYear:
    """Holidays in English where the package has them. Copied into a plain dict: a look-up in the package costs 575 µs."""
    try:
        days = holidays.country_holidays(country, subdiv=subdivision, years=year, expand=False, language=_language(country))
    except NotImplementedError as error:
        where = f"{country} ({subdivision})" if subdivision else country
        raise UnknownCountry(f"No public holidays are known for {where}: correct country and subdivision in the programme file.") from error
    first = date(year, 7, 1)
    weekend = frozenset((first + _DAY * offset).weekday() for offset in range(7) if days.is_weekend(first + _DAY * offset))
    return _PublicYear(dict(days.items()), weekend)


@lru_cache
def _language(country: str) -> str | None:
    """An English catalogue of that country's holidays; None (the country's own language) where there is none."""
    supported: Collection[str] = getattr(getattr(holidays, country, None), "supported_languages", ())
    english = [language for language in sorted(supported) if language.startswith("en")]
    return english[0] if english else None


def _days_of(year: int) -> Iterator[date]:
    first = date(year, 1, 1).toordinal()
    return map(date.fromordinal, range(first, date(year, 12, 31).toordinal() + 1))


def _is_closed(closures: list[Closure], day: date) -> bool:
    return any(closure.first <= day <= closure.last for closure in closures)


def _holds_for(period: QuietPeriod, organisation: Organisation) -> bool:
    return not period.countries or organisation.country in period.countries


def _is_in(period: QuietPeriod, day: date) -> bool:
    """`MM-DD` compares as text; a period whose last day comes before its first wraps over New Year."""
    month_day = f"{day.month:02}-{day.day:02}"
    if period.first <= period.last:
        return period.first <= month_day <= period.last
    return month_day >= period.first or month_day <= period.last


def _place(organisation: Organisation) -> str:
    country = Locale("en").territories.get(organisation.country, organisation.country)
    return f"{country} ({organisation.subdivision})" if organisation.subdivision else country


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_NAMED])} and {more} more"
