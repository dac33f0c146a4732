"""Hostile and half-hostile requests for the routes of the desk: what stands in the address, the headers, forms made from the schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from tasks.forms.state import is_list
from tests.deployments.desk_fuzz_files import File, files
from tests.deployments.desk_fuzz_texts import TAG, hostile
from tests.deployments.desk_fuzz_world import Header, Keys

BOUNDARY = "zzboundary"

hosts = st.sampled_from(
    [
        b"desk.example",
        b"evil.example",
        b"[",
        b"[::1",
        b"a b",
        b"",
        b"x:99999999",
        b"x:y",
        b"\xff\xfe",
        b"a/b?c#d",
        b"user@evil.example",
        b"//",
    ]
)

Items = list[tuple[str, str]]


@dataclass
class Form:
    """What a page's form would send: its fields, and the name of its field for a file with a file that fits, if it has one."""

    items: Items = field(default_factory=list)
    file_field: str = ""
    file: File | None = None


@dataclass
class Request:
    """What is sent; `token` is the one in the address, to tell what the answer may show."""

    method: str
    target: str
    headers: list[Header]
    body: bytes = b""
    token: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.target[:300]} {self.headers!r:.600} {self.body[:1500]!r} ({len(self.body)} bytes)"


# -- addresses -------------------------------------------------------------------------------------------------------


def tokens(known: Keys) -> st.SearchStrategy[str]:
    """Tokens of our own, somebody else's, forged, cut short, huge, of anything."""
    mine = st.sampled_from(sorted(known.own.values()))
    odd = st.sampled_from(sorted(known.odd.values()))
    return st.one_of(mine, mine, odd, st.builds(_mutated, mine, st.integers(0, 400), st.sampled_from("aZ.-_ \x00é")), hostile)


def _mutated(token: str, where: int, by: str) -> str:
    at = where % len(token)
    return {0: token[:at], 1: token[:at] + by + token[at + 1 :], 2: token + token, 3: token[::-1]}[where % 4]


NUMBERS = ["0", "1", "-1", str(2**31), str(2**63), "9" * 30, "9" * 5000, "007", "\N{ARABIC-INDIC DIGIT ONE}", "1.0", "x"]


def numbers(known: Iterable[int]) -> st.SearchStrategy[str]:
    usual = st.one_of(st.integers(0, 60).map(str), st.sampled_from([str(number) for number in known] or ["1"]))
    return st.one_of(usual, st.sampled_from(NUMBERS))


def filled_in(path: str, values: Mapping[str, str]) -> str:
    """The path of a route with every parameter in its place, encoded as a client would."""
    for name, value in values.items():
        for kind in ("", ":number", ":path"):
            path = path.replace(f"{{{name}{kind}}}", quote(value.encode("utf-8", "replace"), safe="/" if kind == ":path" else ""))
    return path


queries = st.one_of(
    st.just(""),
    st.just("?check"),
    st.lists(st.tuples(st.sampled_from(["open", "new", "saved", "check", "for", "v", "a[b]", "\x00"]), hostile), max_size=3).map(
        lambda items: "?" + urlencode([(name, value.encode("utf-8", "replace")[:3000]) for name, value in items])
    ),
    st.sampled_from(["?%", "?%ff%fe", "?&&&=;=", "?open=%ED%A0%80", "?" + "a=1&" * 2000]),
)


# -- headers ---------------------------------------------------------------------------------------------------------


def _clean(text: str) -> bytes:
    """What a server would let through as a header."""
    return text.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"").replace(b"\x00", b"")


def headers(cookies: Sequence[str]) -> st.SearchStrategy[list[Header]]:
    """Headers anybody can set: where it came from, what is wanted, cookies made up and taken from elsewhere."""
    cookie = st.one_of(
        st.sampled_from(list(cookies)),
        st.builds(
            lambda name, value: f"{name}={value}", st.sampled_from(["writer", "__Host-writer", "session", "__Host-session"]), hostile
        ),
        hostile,
    )
    odd = st.one_of(
        hostile.map(lambda text: (b"x-forwarded-for", _clean(text))),
        hosts.map(lambda host: (b"x-forwarded-host", host)),
        st.sampled_from([b"https", b"javascript", b"https,http"]).map(lambda value: (b"x-forwarded-proto", value)),
        st.just((b"forwarded", b"for=[::1];host=evil.example")),
        cookie.map(lambda text: (b"cookie", _clean(text))),
        st.sampled_from([b"application/json", b"text/html", b"", b"*/*;q=x", b"\xff"]).map(lambda value: (b"accept", value)),
        st.sampled_from([b"it", b"ar,he;q=9", b"xx-" + b"y" * 3000, b"*", b"zh-Hans-CN", b";;q"]).map(
            lambda value: (b"accept-language", value)
        ),
        st.sampled_from([b"bytes=0-1", b"bytes=-1", b"bytes=9-1", b"x", b"bytes=" + b"0-1," * 500]).map(lambda value: (b"range", value)),
        st.sampled_from([b"*", b'"x"']).map(lambda value: (b"if-none-match", value)),
        st.sampled_from([b"Thu, 99 Foo 0000", b"Mon, 01 Jan 2099 00:00:00 GMT"]).map(lambda value: (b"if-modified-since", value)),
        st.just((b"if-range", b"\xff")),
    )
    host = st.one_of(st.just(b"desk.example"), hosts)
    return st.builds(lambda first, rest: [(b"host", first), *rest], host, st.lists(odd, max_size=3))


# -- forms -----------------------------------------------------------------------------------------------------------


def posted(state: Mapping[str, Any], path: str = "") -> Items:
    """A state as the fields a browser would send."""
    items: Items = []
    for name, node in state.items():
        here = f"{path}.{name}" if path else name
        if is_list(node):
            items.append((here, " ".join(node["order"])))
            for key, entry in node["items"].items():
                items += posted(entry, f"{here}.{key}")
        elif isinstance(node, Mapping):
            items += posted(node, here)
        else:
            items.append((here, node))
    return items


_DO = ["save", "next", "stay", "add", "add:", "remove:", "back:", "up:", "down:", "add:__proto__", "remove:a.b.c.d", "\x00:\x00", "settle"]
_DO += ["behalf", "promise", "withdraw-promise", "grant", "decline", "withdraw-links", "send-links", "everywhere"]

extra = st.one_of(
    st.tuples(
        st.sampled_from(["__proto__", "constructor.prototype", "", ".", "...", "a.b.c", "order", "items", "choose~", "\x00", TAG]), hostile
    ),
    st.tuples(st.just("do"), st.sampled_from(_DO)),
    st.tuples(st.just("base"), st.sampled_from(["", "0.0", "9.9", "-1.0", "1.1.1", "²." + "9" * 5000, f"{2**70}.1", "x"])),
    st.tuples(
        st.sampled_from(["unsettled", "writer", "language", "verdict", "take", "seen", "withdraw", "fields", "until", "mailbox"]), hostile
    ),
    st.tuples(
        st.sampled_from(
            [
                "act_number",
                "act_on",
                "happened_on",
                "comment",
                "party",
                "granted",
                "number",
                "what",
                "answer",
                "note",
                "how",
                "day",
                "content",
                "policy",
                "text",
                "file_name",
                "reason",
            ]
        ),
        hostile,
    ),
)


def mutated(draw: Callable[[st.SearchStrategy[Any]], Any], items: Items) -> Items:
    """Some fields left out, doubled, with other values or names; some that nobody asked for."""
    items = list(items)
    for _ in range(draw(st.integers(1, 4))):
        where = draw(st.integers(0, max(len(items) - 1, 0)))
        match draw(st.integers(0, 7)) if items else 5:
            case 0:
                del items[where]
            case 1:
                items.append(items[where])
            case 2 | 3:
                items[where] = (items[where][0], draw(hostile))
            case 4:
                name = items[where][0]
                odd = draw(
                    st.sampled_from([f"{name}.x", f"{name}.e1.e1.e1", name.replace(".", "..") + ".", f"{name}.__proto__", name[:-1], ""])
                )
                items[where] = (odd, items[where][1])
            case 5 | 6:
                items.append(draw(extra))
            case 7:
                path = items[where][0]
                items.append(("do", draw(st.sampled_from(["add", "remove", "back", "up", "down"])) + ":" + path))
    return items


def crowded(kind: int, items: Items) -> Items:
    """Very much of something: one long text, thousands of entries, thousands of fields, a list of everything."""
    name = max((name for name, _ in items if "." in name or name not in ("proof", "base")), key=len, default="text")
    first = name.partition(".")[0]
    return [
        *items,
        *{
            0: [(name, "x" * 5_000_000)],
            1: [(first, " ".join(f"e{number}" for number in range(5000)))],
            2: [(f"{first}.e{number}.title", "x") for number in range(7000)],
            3: [(f"field-{number}", "x") for number in range(20_000)],
            4: [(name, "\n".join("x" for _ in range(100_000)))],
        }[kind],
    ]  # fmt: skip


# -- bodies ----------------------------------------------------------------------------------------------------------

CHARSETS = [
    "utf-8",
    "",
    "utf-7",
    "utf-16",
    "undefined",
    "idna",
    "punycode",
    "unicode_escape",
    "zlib",
    "\x00",
    "x" * 300,
    "latin-1",
    "base64",
]


def urlencoded(items: Items) -> bytes:
    return urlencode([(name.encode("utf-8", "replace"), value.encode("utf-8", "replace")) for name, value in items]).encode()


def multipart(items: Items, files: Sequence[tuple[str, File]] = ()) -> bytes:
    """As browsers send it; names stand as they are but for quotation marks and line ends."""
    out = []
    for name, value in items:
        out.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n'.encode("utf-8", "replace"))
        out.append(value.encode("utf-8", "replace") + b"\r\n")
    for name, (filename, data) in files:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{_quoted(name)}"; filename="{_quoted(filename)}"\r\n'
        out.append(head.encode("utf-8", "replace") + b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n")
    return b"".join(out) + f"--{BOUNDARY}--\r\n".encode()


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def body(draw: Callable[[st.SearchStrategy[Any]], Any], form: Form, *, is_tame: bool) -> tuple[bytes, bytes]:
    """Content type and body of a form, whole or broken."""
    file = form.file if is_tame else draw(files(form.file)) if form.file_field else None
    sent = [(form.file_field, file)] if file else []
    if is_tame:
        return (
            (f"multipart/form-data; boundary={BOUNDARY}".encode(), multipart(form.items, sent)) if sent else (_FORM, urlencoded(form.items))
        )
    match draw(st.integers(0, 9)):
        case 0 | 1 | 2 if not sent:
            return _FORM, urlencoded(form.items)
        case 0 | 1 | 2 | 3 | 4 | 5:
            return f"multipart/form-data; boundary={BOUNDARY}".encode(), multipart(form.items, sent)
        case 6:
            charset = draw(st.sampled_from(CHARSETS))
            odd = [("writer", "+2AA-"), ("text", "\\ud800"), *form.items]
            return f'multipart/form-data; boundary={BOUNDARY}; charset="{charset}"'.encode(), multipart(odd, sent)
        case 7:
            whole = multipart(form.items, sent)
            return f"multipart/form-data; boundary={BOUNDARY}".encode(), whole[: draw(st.integers(0, len(whole)))]
        case 8:
            kind = draw(
                st.sampled_from([b"multipart/form-data", b"multipart/form-data; boundary=", b"multipart/form-data; boundary=\xff", b""])
            )
            return kind, multipart(form.items, sent)
        case _:
            kind = draw(
                st.sampled_from([b"application/json", b"text/plain", _FORM, b"\xff", b"application/x-www-form-urlencoded;charset=utf-7"])
            )
            return kind, draw(
                st.sampled_from([json.dumps(dict(form.items)).encode(), b"\xff\xfe", b"&&&", b"=" * 500, b"%ED%A0%80=%ED%A0%80"])
            )


_FORM = b"application/x-www-form-urlencoded"
