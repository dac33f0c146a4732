"""How much may be asked at once: by link, by client address, and for links by mail. Counted in the memory of this process.

A town hall's people come from one address, and colleagues share one link: the numbers leave room for dozens of them at once. They
are there against programs, not people. Keys are hashes: neither a token nor a mailbox is kept or logged.
"""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.desk import html
from deployments.desk.languages import preferred
from models.errors import ProgrammeError
from tasks.wording import Words

SHARED = 20
"""How much more is allowed to this machine's own address where no proxy is named: then everybody comes from it."""

PRUNED_AFTER = 1000
"""Counts after which keys that count nothing any more are dropped: the storage itself keeps them for ever."""

_LINK = re.compile(r"/(?:a|link|calendar|sign-in)/([^/]+)")
_FREE = ("/static/", "/favicon.ico")
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Rules:
    """How many requests: reading and answering, a minute; asking for links by mail, an hour."""

    read_by_address: int = 300
    read_by_link: int = 300
    answer_by_address: int = 300
    answer_by_link: int = 120
    """Every save of a draft is one, and several people write behind one link."""
    links_by_address_and_mailbox: int = 5
    links_by_address: int = 30


# -- who asks ------------------------------------------------------------------------------------------------------

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Proxies:
    """The proxies in front of the desk: how many there are, or which. Without them X-Forwarded-For is anybody's claim."""

    count: int = 0
    networks: tuple[Network, ...] = ()

    @classmethod
    def named(cls, text: str) -> Proxies:
        """From a setting such as "1" or "127.0.0.1, 10.0.0.0/8"; ProgrammeError where it is neither a count nor addresses."""
        text = text.strip()
        if text.isdecimal():
            return cls(count=int(text))
        try:
            return cls(networks=tuple(ip_network(part.strip()) for part in text.split(",") if part.strip()))
        except ValueError:
            said = "DESK_PROXIES is the number of proxies in front of the desk, such as 1, or their addresses, such as 127.0.0.1"
            raise ProgrammeError(f"{said}; {text!r} is neither.") from None

    def client(self, peer: str, forwarded: list[str]) -> str:
        """The client's address: the connection's, or what the outermost of our proxies has seen. `forwarded`: X-Forwarded-For."""
        chain = [*(part.strip() for line in forwarded for part in line.split(",")), peer]
        if self.count:
            return chain[max(len(chain) - 1 - self.count, 0)]
        while len(chain) > 1 and _within(chain[-1], self.networks):
            chain.pop()
        return chain[-1]


def _within(text: str, networks: tuple[Network, ...]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip("[]"))
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _group(text: str) -> str:
    """What counts as one address: of the new kind of addresses, every household has a whole network (/64)."""
    address = _address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address) if address else "unknown"


# -- counting ------------------------------------------------------------------------------------------------------


@dataclass
class Limits:
    """The counts of one process. `app.state.limits` holds them; None there switches them off, which only tests do."""

    rules: Rules = field(default_factory=Rules)
    proxies: Proxies = field(default_factory=Proxies)

    def __post_init__(self) -> None:
        self._storage = MemoryStorage()
        self._window = MovingWindowRateLimiter(self._storage)
        self._counted = 0

    def check(self, request: HTTPConnection, method: str, path: str) -> float | None:
        """Count a request; the seconds to wait where it is one too many, None where it may pass."""
        if path.startswith(_FREE):
            return None
        reads = method in _READS
        by_address = self.rules.read_by_address if reads else self.rules.answer_by_address
        by_link = self.rules.read_by_link if reads else self.rules.answer_by_link
        kind = "read" if reads else "answer"
        wait = self._hit_address(request, RateLimitItemPerMinute, by_address, kind)
        link = _LINK.match(path)
        if wait is None and link:
            wait = self._hit(RateLimitItemPerMinute(by_link), kind, "link", _hash(link[1]))
        return wait

    def check_mailbox(self, request: HTTPConnection, mailbox: str) -> float | None:
        """Count that somebody asks for the links of a mailbox, known or not."""
        wait = self._hit_address(request, RateLimitItemPerHour, self.rules.links_by_address, "links")
        if wait is None:
            client = _group(self._client(request))
            item = RateLimitItemPerHour(self.rules.links_by_address_and_mailbox)
            wait = self._hit(item, "links", client, _hash(mailbox.lower()))
        return wait

    def _hit_address(self, request: HTTPConnection, item: Callable[[int], RateLimitItem], most: int, kind: str) -> float | None:
        client = self._client(request)
        address = _address(client)
        shared = (address is None or address.is_loopback) and self.proxies == Proxies()
        return self._hit(item(most * SHARED if shared else most), kind, "address", _group(client))

    def _client(self, request: HTTPConnection) -> str:
        peer = request.client.host if request.client else ""
        return self.proxies.client(peer, Headers(scope=request.scope).getlist("x-forwarded-for"))

    def _hit(self, item: RateLimitItem, *key: str) -> float | None:
        self._prune()
        if self._window.hit(item, *key):
            return None
        return max(self._window.get_window_stats(item, *key).reset_time - time.time(), 1.0)

    def _prune(self) -> None:
        self._counted += 1
        if self._counted % PRUNED_AFTER == 0:
            for key in [key for key, events in list(self._storage.events.items()) if not events]:
                self._storage.clear(key)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


# -- at the door -----------------------------------------------------------------------------------------------------


class RateLimits:
    """Counts every request, those with links that open nothing too, and answers those that are too many."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request (ASGI)."""
        limits: Limits | None = scope["app"].state.limits if scope["type"] == "http" else None
        wait = limits.check(HTTPConnection(scope), scope["method"], scope["path"]) if limits else None
        if wait is None:
            await self.app(scope, receive, send)
        else:
            await too_much(wait)(scope, receive, send)


def asked_for_links(request: Request, mailbox: str) -> float | None:
    """Count that links are asked for by mail; the seconds to wait where it is once too often."""
    limits: Limits | None = request.app.state.limits
    return limits.check_mailbox(request, mailbox) if limits else None


def too_much(wait: float) -> Response:
    """The page that says when to come back."""
    seconds = math.ceil(wait)
    words = Words(preferred())
    if seconds < 60:
        said = words.ngettext("Try again in %(count)s second.", "Try again in %(count)s seconds.", seconds) % {"count": seconds}
    else:
        minutes = math.ceil(seconds / 60)
        said = words.ngettext("Try again in %(count)s minute.", "Try again in %(count)s minutes.", minutes) % {"count": minutes}
    return html.failed(429, reason=said, headers={"retry-after": str(seconds)})
