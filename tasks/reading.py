"""An edition's content as the templates read it: names for slugs, contributions by kind, and who owes what is missing.

Nothing here knows HTML; nothing here changes the content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.method import METHOD
from tasks.wording import NOTHING, Words

Contribution = dict[str, Any]


@dataclass(frozen=True)
class EditionView:
    """One edition in one language, ready to be written.

    `content` is what an approval binds to, `cover` what stands around it (dates, versions, approval), `path` the stem of its
    files relative to the output folder: `deliverables/D4.2/city-capaci/en`.
    """

    content: dict[str, Any]
    cover: dict[str, Any]
    version: str
    language: str
    watermark: str | None
    content_sha256: str
    path: str


class Reading:
    """What a template asks of one edition."""

    def __init__(self, view: EditionView, words: Words) -> None:
        self.view = view
        self.words = words
        self.content = view.content
        self.programme: dict[str, Any] = view.content["programme"]
        self.organisations: dict[str, dict[str, Any]] = view.content["organisations"]
        self.missing: list[dict[str, Any]] = view.content.get("missing") or []
        self.contributions: dict[str, list[Contribution]] = view.content.get("contributions") or {}

    @property
    def kind_of_scope(self) -> str:
        """`programme`, `pair`, `city`, `association` or `theme`."""
        return str(self.content["scope"]).partition("-")[0]

    @property
    def slug_of_scope(self) -> str:
        """The slug in the scope's name; empty for the programme."""
        return str(self.content["scope"]).partition("-")[2]

    @property
    def subject(self) -> str:
        """Whom or what the document is about, in words."""
        return self.scope_name(str(self.content["scope"]))

    def scope_name(self, scope: str) -> str:
        """A scope string in words: "pair-capaci" becomes "Mechelen and Capaci"."""
        kind, _, slug = scope.partition("-")
        if kind == "pair":
            return self.pair_name(slug)
        if kind == "theme":
            return self.theme(slug)
        return self.name(slug) if slug else str(self.programme["title"])

    def pair_name(self, mentee: str) -> str:
        """Both cities of a pair, the mentor first; the mentee alone where the pair is not confirmed."""
        pair = next((one for one in self.pairs if one["mentee"] == mentee), None)
        names = [self.name(pair["mentor"]), self.name(mentee)] if pair else [self.name(mentee)]
        return self.words.listing(names)

    @property
    def pairs(self) -> list[dict[str, str]]:
        """All confirmed pairs, the edition's own one among them."""
        pairs = list(self.content.get("pairs") or [])
        own = self.content.get("pair")
        return pairs if pairs or not own else [own]

    def name(self, slug: str | None) -> str:
        """An organisation's name, the slug itself for one the programme does not know."""
        if not slug:
            return NOTHING
        return str(self.organisations.get(slug, {}).get("name", slug))

    def theme(self, slug: str | None) -> str:
        """A theme's title, the slug itself for one the programme does not know."""
        if not slug:
            return NOTHING
        return str((self.content.get("themes") or {}).get(slug, {}).get("title", slug))

    def named(self, text: Any) -> str:
        """The name behind any slug of the programme: organisation, theme or scope; other text as it is."""
        value = str(text)
        if value in self.organisations:
            return self.name(value)
        if value in (self.content.get("themes") or {}):
            return self.theme(value)
        return value

    def all(self, kind: str) -> list[Contribution]:
        """The accepted contributions of a kind, in method order."""
        return list(self.contributions.get(kind) or [])

    def last(self, kind: str) -> Contribution | None:
        """The current contribution of a kind."""
        found = self.all(kind)
        return found[-1] if found else None

    def body(self, kind: str) -> dict[str, Any]:
        """The current contribution's body; empty where there is none."""
        found = self.last(kind)
        return dict(found["body"]) if found else {}

    def of(self, kind: str, organisation: str) -> dict[str, Any]:
        """The body an organisation contributed for that kind, its last; empty where there is none."""
        own = [item for item in self.all(kind) if item["organisation"] == organisation]
        return dict(own[-1]["body"]) if own else {}

    @property
    def country_name(self) -> str:
        """The country of the scope's organisation, in the document's language."""
        code = self.organisations.get(self.slug_of_scope, {}).get("country", "")
        return str(self.words.locale.territories.get(code, code))

    def owed(self, kind: str, scope: str = "", gate: str = "") -> str:
        """Who owes what a section lacks, as a sentence: the gate still open, the author whose text does not say, or nobody yet.

        Of several that contribute the kind, `scope` and `gate` name the one that is meant.
        """
        gates = {gate} if gate else {key for key, one in METHOD.gates.items() if one.contribution == kind}
        open_ones = [item for item in self.missing if item["gate"] in gates and scope in ("", item["scope"])]
        if open_ones:
            return " ".join(self._owed_line(item) for item in open_ones[:6])
        found = [item for item in self.all(kind) if item["gate"] in gates and scope in ("", item["scope"])]
        if found:
            said = self.words.gettext("%(organisation)s has not said anything on this in “%(title)s”.")
            return said % {"organisation": self.name(found[-1]["organisation"]), "title": self.gate_title(found[-1]["gate"])}
        title = next((self.gate_title(key) for key in METHOD.gates if key in gates), self.words.label(kind))
        return self.words.gettext("This comes from “%(title)s”, which has not been asked for yet.") % {"title": title}

    def _owed_line(self, item: dict[str, Any]) -> str:
        due, title = item.get("due_on"), str(item["title"])
        if due:
            said = self.words.gettext("Owed by %(who)s (“%(title)s”, due %(due)s).")
        else:
            said = self.words.gettext("Owed by %(who)s (“%(title)s”).")
        return said % {"who": self.owing(item), "title": self.words.gettext(title), "due": self.words.date(due)}

    def owing(self, item: dict[str, Any]) -> str:
        """Who owes a missing item: the name it carries, else its organisation's."""
        return str(item.get("owed_by") or self.name(item.get("organisation")))

    def gate_title(self, key: str) -> str:
        """A gate's title in the method; its readable key where the method has no such gate."""
        gate = METHOD.gates.get(key)
        return self.words.gettext(gate.title) if gate else self.words.label(key)

    @property
    def is_illustrative(self) -> bool:
        """Whether the programme's texts, or any of this edition's, are samples."""
        return bool(self.programme.get("illustrative")) or self._any("illustrative")

    @property
    def is_generated(self) -> bool:
        """Whether any contribution of this edition was made up by the software."""
        return self._any("generated")

    def _any(self, flag: str) -> bool:
        return any(item.get(flag) for found in self.contributions.values() for item in found)
