"""From views of notices to one finished mail: words from `templates/mail`, headers, text and HTML. Sending it is `channel`.

The same notices at the same moment give the same bytes: Message-ID and boundary come from the notices' keys.
"""

from __future__ import annotations

import binascii
import hashlib
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email._policybase import Compat32
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from functools import lru_cache, partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from jinja2.runtime import Context

from tasks.channel import valid
from tasks.notice_views import NoticeView, view_of
from tasks.said import in_words
from tasks.wording import Words, is_spoken

__all__ = ["Letter", "Letterhead", "NoticeView", "compose", "letter", "message_id_of", "view_of"]

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
WIDTH = 76

PARAGRAPH = "¶"
"""Parts the paragraphs in the templates of the kinds, where line breaks mean nothing."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_INJECTED = re.compile(r"[\r\n](?![\n \t])")


class _Finished(Compat32):
    """Headers go out as they were written: parsing and refolding each, as the default policy does, takes most of a message's time.

    A line break that would begin another header is refused.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        if _INJECTED.search(value):
            raise ValueError(f"a line break in the header {name} would begin another header")
        line = f"{name}: {value}"
        return f"{line}\r\n".encode("ascii") if len(line) <= WIDTH or "\n" in value else super().fold_binary(name, value)


_FINISHED = _Finished(linesep="\r\n", mangle_from_=False)


@dataclass(frozen=True)
class Letterhead:
    """What all messages of a programme share. `watermark` marks what is not real, such as "Rehearsal"."""

    programme: str
    title: str
    public_url: str
    sender: str
    reply_to: str | None = None
    watermark: str | None = None

    @property
    def host(self) -> str:
        """The name our Message-IDs and List-Id end in: the desk's public host, or one that names the programme."""
        host = urlsplit(self.public_url).hostname or ""
        return host if "." in host and not _is_address(host) else f"mail.{self.programme}.example"


@dataclass(frozen=True)
class Letter:
    """A notice in words: one line of subject, paragraphs, what the link is called; empty where there is nothing to do."""

    subject: str
    paragraphs: tuple[str, ...]
    action: str
    view: NoticeView


def compose(
    views: Sequence[NoticeView], letterhead: Letterhead, *, mailbox: str, language: str, now: datetime, message_id: str | None = None
) -> EmailMessage:
    """One message for one notice or, folded together, for several. ValueError for a mailbox that is none."""
    language = written_in(language)
    env = environment(language)
    letters = [letter(view, language) for view in views]
    whole = letters[0] if len(letters) == 1 else _folded(letters, language)
    shared = {"letters": letters, "whole": whole, "letterhead": letterhead, "reader": views[0]}
    text = env.get_template("mail/layout.txt").render(shared)
    html = env.get_template("mail/layout.html").render(shared)
    message = _headed(whole.subject, letterhead, mailbox, language, now)
    message_id = message_id or message_id_of(letterhead, [view.key for view in views])
    message["Message-ID"] = message_id
    return _with_bodies(message, text, html, message_id)


def message_id_of(letterhead: Letterhead, keys: Sequence[str]) -> str:
    """The Message-ID of the message that carries these notices."""
    digest = hashlib.sha256("\n".join([letterhead.programme, *keys]).encode()).hexdigest()
    return f"<{digest[:32]}@{letterhead.host}>"


# -- words ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def environment(language: str) -> Environment:
    """The mail templates in one language. A name that is not there is an error, never an empty string."""
    words = Words(language)
    env = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(["html"]), undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, auto_reload=False, keep_trailing_newline=True,
    )  # fmt: skip
    env.install_gettext_translations(words.translations, newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    env.policies["ext.i18n.trimmed"] = True

    @lru_cache(maxsize=512)
    def day(value: date | None, style: str = "long") -> str:
        return words.date(value, style)

    env.filters |= {"day": day, "moment": words.moment, "listing": lambda names: words.listing(list(names))}
    env.filters |= {"said": words.gettext, "told": partial(in_words, words), "wrap": wrap, "quote": quote}
    env.globals |= {"language": language, "direction": words.direction}
    return env


@lru_cache(maxsize=256)
def _kind(name: str, language: str) -> Template:
    """The template of a kind. Line breaks count as spaces there, so that a sentence may be written over several lines."""
    return environment(language).overlay(trim_blocks=False, lstrip_blocks=False).get_template(f"mail/kinds/{name}.txt")


@lru_cache(maxsize=64)
def written_in(language: str) -> str:
    """The language a message is written in: the one asked for where it has a catalogue, else English, dates included."""
    return language if is_spoken(language) else "en"


def letter(view: NoticeView, language: str) -> Letter:
    """A notice in words, by the template of its kind."""
    return _worded(_kind(view.kind, written_in(language)), view, {})


def _folded(letters: Sequence[Letter], language: str) -> Letter:
    days = [item.view.due_on for item in letters if item.view.due_on]
    return _worded(_kind("folded", language), letters[0].view, {"count": len(letters), "first_on": min(days, default=None)})


def _worded(template: Template, view: NoticeView, more: dict[str, Any]) -> Letter:
    context = template.new_context({"v": view, **_phrases(template.environment, view), **more})
    return Letter(
        subject=one_line(_block(template, "subject", context)),
        paragraphs=tuple(" ".join(part.split()) for part in _block(template, "say", context).split(PARAGRAPH) if part.strip()),
        action=one_line(_block(template, "action", context)),
        view=view,
    )


def _phrases(env: Environment, view: NoticeView) -> dict[str, Any]:
    """The phrases most letters need: what it is about (`thing`, with its scope `topic`) and until when."""
    said, listing, day = env.filters["said"], env.filters["listing"], env.filters["day"]
    title = said(view.title) if view.title else ""
    thing = title.partition(": ")[0] if view.is_approval else title
    where = listing(view.scope)
    return {
        "thing": thing, "where": where, "topic": f"{thing} ({where})" if where else thing,
        "due": day(view.due_on), "due_full": day(view.due_on, "full"), "days": view.days_left,
    }  # fmt: skip


def _block(template: Template, name: str, context: Context) -> str:
    return "".join(template.blocks[name](context))


def one_line(text: str) -> str:
    """A text that may stand in a header: one line, no control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())


def wrap(text: str, indent: str = "") -> str:
    """A paragraph in lines of readable length; addresses and long words stay whole."""
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )  # fmt: skip


def quote(text: str) -> str:
    """Somebody's own words, set off as mail does it."""
    return "\n".join(wrap(line, "> ") or ">" for line in text.strip().splitlines())


# -- the message ---------------------------------------------------------------------------------------------------


def _headed(subject: str, letterhead: Letterhead, mailbox: str, language: str, now: datetime) -> EmailMessage:
    mark = one_line(in_words(Words(language), letterhead.watermark))
    marked = f"[{mark}] {subject}" if mark else subject
    message = EmailMessage(policy=_FINISHED)
    message["From"] = _named(one_line(letterhead.title), valid(letterhead.sender))
    message["To"] = valid(mailbox)
    if letterhead.reply_to:
        message["Reply-To"] = valid(letterhead.reply_to)
    message["Subject"] = _encoded("Subject", marked)
    message["Date"] = format_datetime(now)
    message["List-Id"] = f"<{letterhead.programme}.{letterhead.host}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = language
    message["MIME-Version"] = "1.0"
    return message


def _with_bodies(message: EmailMessage, text: str, html: str, message_id: str) -> EmailMessage:
    boundary = f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}"
    message["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    message.set_payload([_part(text, "plain"), _part(html, "html")])
    return message


def _part(text: str, kind: str) -> EmailMessage:
    """A part as quoted-printable: seven bits and short lines, so that any server passes it on unchanged."""
    part = EmailMessage(policy=_FINISHED)
    part["Content-Type"] = f'text/{kind}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(binascii.b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part


def _encoded(name: str, text: str) -> str:
    """A header's text in ASCII, folded (RFC 2047)."""
    if text.isascii():
        return text
    return Header(text, "utf-8", header_name=name, maxlinelen=76).encode(linesep="\r\n")


def _named(name: str, mailbox: str) -> str:
    return formataddr((name, mailbox)) if name.isascii() else f"{_encoded('From', name)}\r\n <{mailbox}>"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
