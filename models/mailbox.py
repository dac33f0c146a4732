"""What a mailbox may look like. Whether it exists is for the mail server to say."""

from __future__ import annotations

import re

import idna

from models.fault_words import quoted

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def ascii_mailbox(mailbox: str) -> str:
    """The mailbox with its domain in ASCII; ValueError saying what is wrong with it.

    RFC 5321 without quoted names and address literals; a domain in any script is converted (IDNA 2008, RFC 5891). A
    name before the @ that is not ASCII is refused: too many mail servers on the way would (`design.md`).
    """
    if mailbox.count("@") != 1:
        raise ValueError("a mailbox has exactly one @, as in 'integration@town.example'")
    local, domain = mailbox.split("@")
    if not local.isascii():
        raise ValueError(f"the part before the @ must be in ASCII letters, unlike {quoted(local)}; ask for another address of this mailbox")
    if not _LOCAL.fullmatch(local) or len(local) > 64:
        raise ValueError("the part before the @ is not a valid mailbox name; letters, digits, dots and hyphens are safe")
    if "." not in domain.strip("."):
        raise ValueError("the part after the @ must be a domain with a dot, as in 'town.example'")
    try:
        converted = idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError as error:
        raise ValueError("the part after the @ is not a valid domain") from error
    if not _DOMAIN.fullmatch(converted) or len(local) + 1 + len(converted) > 254:
        raise ValueError("the part after the @ is not a valid domain")
    return f"{local}@{converted}"
