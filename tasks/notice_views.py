"""What a notice has to say, read from the rows as plain values. How it is said is `messages` and `templates/mail`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from models.advance import reviewed
from models.definition import Policy, Role
from models.gates import Gate
from models.method import METHOD, GateKind
from models.notices import Notice, NoticeKind
from models.outbox import gate_of
from models.standing import Party, Standing

ROLES = {
    Role.COORDINATOR: "coordinator",
    Role.FACILITATOR: "facilitator",
    Role.COMMITTEE: "member",
    Role.ASSOCIATION: "contact",
    Role.LEAD: "project lead",
    Role.DEPUTY: "deputy project lead",
    Role.MAYOR: "mayor's delegate",
    Role.COUNCIL: "council",
    Role.FINANCE: "finance department",
    Role.DEPARTMENTS: "departments",
    Role.SERVICE_OWNER: "service owner",
    Role.TRANSLATOR: "translator",
}
"""The roles as a letter names them, in English; translated where they are written."""


@dataclass(frozen=True)
class Item:
    """One line of the coordinator's digest."""

    title: str
    scope: tuple[str, ...]
    due_on: date | None
    owing: tuple[str, ...]


@dataclass(frozen=True)
class Lead:
    """One line of a mail with all links: what is asked, of whom, by when, and the address it leads to."""

    title: str
    scope: tuple[str, ...]
    organisation: str
    role: str
    due_on: date | None
    link: str


@dataclass(frozen=True)
class NoticeView:
    """A notice as plain values; names as the programme file has them, titles in English as the method has them.

    `scope` is the names it is about ("Mechelen", "Capaci"), empty for the whole programme. `owing` is who is asked, where that is
    not the reader. `today` and `zone` (IANA) are the reader's. `policy` is what happens when the time runs out, where people are not asked
    first.
    """

    key: str
    kind: NoticeKind
    organisation: str
    role: str
    today: date
    zone: str = ""
    title: str = ""
    asks: str = ""
    gate_kind: GateKind | None = None
    scope: tuple[str, ...] = ()
    owing: str = ""
    due_on: date | None = None
    policy: Policy | None = None
    link: str | None = None
    may_act: bool = False
    """Whoever has the link can answer in the reader's place."""
    phase: int | None = None
    phase_title: str = ""
    rung: str | None = None
    documents: tuple[tuple[str, str, str], ...] = ()
    """Number, title and version of each edition to read."""
    overdue: tuple[Item, ...] = ()
    due_soon: tuple[Item, ...] = ()
    leads: tuple[Lead, ...] = ()
    """Everything the mailbox is asked for, in a mail that was asked for because links were lost."""
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def days_left(self) -> int | None:
        """Calendar days until the deadline on the reader's day; negative once it has passed."""
        return (self.due_on - self.today).days if self.due_on else None

    @property
    def is_approval(self) -> bool:
        """Whether a decision is asked for."""
        return self.gate_kind is GateKind.APPROVAL

    @property
    def comment(self) -> str:
        """What somebody wrote with their decision, on the whole and on single sections."""
        whole = str(self.detail.get("comment") or "").strip()
        return "\n\n".join([*([whole] if whole else []), *(_said_of(remark) for remark in self.detail.get("remarks") or ())])

    def day(self, name: str) -> date | None:
        """A day of the detail."""
        value = self.detail.get(name)
        return date.fromisoformat(value) if value else None


def _said_of(remark: Mapping[str, str]) -> str:
    """A comment on one section: "D1.1, 2 Needs: ..."."""
    section = f"{remark['section']} {remark['title']}".strip()
    return f"{', '.join(part for part in (remark['document'], section) if part)}: {remark['comment']}"


def may_act(standing: Standing, notice: Notice) -> bool:
    """Whether its reader is one of those who are asked at its gate: the link then lets them answer, as does that to their own page."""
    gate = gate_of(standing, notice)
    if notice.kind == NoticeKind.LINK and notice.detail.get("home"):
        return True
    return gate is not None and notice.kind != NoticeKind.DECISION and _is_party(standing, gate, notice)


def view_of(standing: Standing, notice: Notice, link: str | None, now: datetime) -> NoticeView:
    """The view of a row; `link` is the address it leads to, if it leads anywhere."""
    gate = gate_of(standing, notice)
    detail = dict(notice.detail)
    owing = str(detail.get("owing", "")).partition(":")[0]
    return NoticeView(
        key=notice.key,
        kind=NoticeKind(notice.kind),
        organisation=name_of(standing, notice.organisation),
        role=ROLES[Role(notice.role)],
        today=standing.calendar.local_date(notice.organisation, now),
        zone=standing.definition.organisation(notice.organisation).zone,
        scope=scope_names(standing, gate.scope if gate else str(detail.get("scope", "programme"))),
        owing="" if _is_party(standing, gate, notice) else name_of(standing, owing),
        link=link,
        may_act=link is not None and may_act(standing, notice),
        phase=notice.phase,
        phase_title=METHOD.phase(notice.phase).title if notice.phase else "",
        rung=notice.rung,
        overdue=_items(standing, detail, "overdue"),
        due_soon=_items(standing, detail, "due_soon"),
        detail=detail | {"by": name_of(standing, str(detail.get("by", "")))},
        **(_of_gate(standing, gate, notice) if gate else _of_edition(detail)),
    )


def lead_of(standing: Standing, gate: Gate, party: Party, link: str) -> Lead:
    """The line of an open gate for one of those it asks."""
    about, name = scope_names(standing, gate.scope), name_of(standing, party.organisation)
    return Lead(gate.spec.title, about, name, ROLES[party.role], gate.due_on, link)


def _of_gate(standing: Standing, gate: Gate, notice: Notice) -> dict[str, Any]:
    policy = gate.runs_out_on() if not gate.expired else None
    return {
        "title": gate.spec.title,
        "asks": gate.spec.asks,
        "gate_kind": gate.spec.kind,
        "due_on": gate.due_on,
        "policy": Policy.TACIT if notice.detail.get("tacit") else policy if policy is not Policy.TACIT else None,
        "documents": _documents(standing, gate) if gate.is_approval and gate.is_open else (),
    }


def _of_edition(detail: dict[str, Any]) -> dict[str, Any]:
    if "number" not in detail:
        return {}
    return {"title": str(detail["title"]), "documents": ((str(detail["number"]), str(detail["title"]), str(detail["version"])),)}


def _documents(standing: Standing, gate: Gate) -> tuple[tuple[str, str, str], ...]:
    editions = [standing.latest_edition(number, scope) for number, scope in reviewed(standing, gate)]
    return tuple((item.deliverable, item.spec.title, item.version) for item in editions if item is not None)


def _is_party(standing: Standing, gate: Gate | None, notice: Notice) -> bool:
    if gate is None:
        return False
    return any(party.organisation == notice.organisation and party.role == notice.role for party in standing.parties(gate))


def _items(standing: Standing, detail: dict[str, Any], name: str) -> tuple[Item, ...]:
    return tuple(
        Item(
            title=item["title"],
            scope=scope_names(standing, item["scope"]),
            due_on=date.fromisoformat(item["due_on"]) if item["due_on"] else None,
            owing=tuple(item["owing"]),
        )
        for item in detail.get(name, ())
    )


def name_of(standing: Standing, slug: str) -> str:
    """An organisation's name; nothing for no slug."""
    return standing.organisation(slug).name if slug else ""


def scope_names(standing: Standing, scope: str) -> tuple[str, ...]:
    """The names a scope stands for: a city's, an association's, both cities' of a pair, a theme's; none for the programme."""
    kind, _, slug = scope.partition("-")
    if kind == "pair":
        pair = standing.pair_of(scope)
        return (name_of(standing, pair.mentor), name_of(standing, pair.mentee)) if pair else (name_of(standing, slug),)
    if kind == "theme":
        return tuple(theme.title for theme in standing.definition.themes if theme.slug == slug)
    return (name_of(standing, slug),) if kind in ("city", "association") else ()
