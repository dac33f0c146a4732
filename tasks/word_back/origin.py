"""What a working copy says about itself: of which contribution and version it is, signed, so that a foreign file is recognised."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass

from itsdangerous import BadData, URLSafeSerializer

_SALT = "inclucities/word/1"
PROPERTY = "Origin"
"""The document property that holds it."""


@dataclass(frozen=True)
class Origin:
    """Where a document comes from. `revision` and `save` say which state of the contribution it shows, as `doors.drafting.Base` does.

    `sha256` is of its texts, `language` that of its labels.
    """

    programme: str
    gate: str
    scope: str
    organisation: str
    kind: str
    revision: int
    save: int
    sha256: str
    language: str


def signed(secret: str, origin: Origin) -> str:
    """The text that stands in the document. It opens nothing: it only says what the document is."""
    token = _serializer(secret).dumps(list(astuple(origin)))
    return token.decode("ascii") if isinstance(token, bytes) else token


def unsigned(secret: str, token: str) -> Origin | None:
    """What a document says of itself; None where that was not written by us."""
    try:
        programme, gate, scope, organisation, kind, revision, save, sha256, language = _serializer(secret).loads(token)
        return Origin(programme, gate, scope, organisation, kind, int(revision), int(save), sha256, language)
    except (BadData, ValueError, TypeError):
        return None


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256})
