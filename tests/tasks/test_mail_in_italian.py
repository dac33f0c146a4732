"""Mail in Italian: every kind of notice, whole, with nothing of it left in English."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from deployments.catalogues.check import looks_english
from models.method import METHOD, GateKind
from models.notices import NoticeKind
from tasks.notice_views import Item
from tests.tasks.test_messages import APPROVAL, DETAILS, HEAD, VIEW, part_of, received, text_of
from tests.tongues import english_in

NEEDS = replace(VIEW, asks=METHOD.gates["needs"].asks)
MAYOR = replace(APPROVAL, asks=METHOD.gates["needs-approval"].asks)
LATE = (Item("Needs assessment questionnaire", ("Cedar",), date(2026, 1, 30), ("Cedar",)),)


@pytest.mark.parametrize("kind", list(NoticeKind))
@pytest.mark.parametrize("days", [9, 1, 0, -8])
def test_every_kind_is_in_italian_before_and_after_its_day(kind: NoticeKind, days: int) -> None:
    today = date.fromordinal(VIEW.due_on.toordinal() - days) if VIEW.due_on else VIEW.today
    detail = DETAILS.get(kind, {}) | {"comment": "Mancano le cifre.", "reason": "extended by the coordinator"}
    for view in (NEEDS, MAYOR):
        whole = replace(view, kind=kind, today=today, detail=detail, overdue=LATE, due_soon=LATE * 2, owing="Cedar" if days < 0 else "")
        message = received(whole, head=replace(HEAD, watermark="Rehearsal"), language="it")
        assert message["Content-Language"] == "it"
        assert message["Subject"].startswith("[Simulazione] ")
        assert not looks_english("it", (), message["Subject"]), message["Subject"]
        lines = [line for line in part_of(message, "plain").splitlines() if not line.startswith("https://")]
        assert [line for line in lines if looks_english("it", (), line)] == []
        assert english_in(part_of(message, "html")) == []


def test_titles_roles_and_days_are_said_as_in_italian() -> None:
    message = received(replace(NEEDS, gate_kind=GateKind.CONTRIBUTION), language="it")
    assert message["Subject"] == "Questionario di valutazione delle esigenze (Cedar): entro il 16 febbraio 2026"
    assert "entro lunedì 16 febbraio 2026" in text_of(message)
    assert "responsabile di progetto di Cedar" in text_of(message)
    moved = received(replace(NEEDS, kind=NoticeKind.DEADLINE_MOVED, detail=DETAILS[NoticeKind.DEADLINE_MOVED]), language="it")
    assert "si è spostata dal 9 febbraio 2026 a lunedì 16 febbraio 2026" in text_of(moved)


def test_several_notices_are_folded_in_italian() -> None:
    message = received(NEEDS, MAYOR, language="it")
    assert message["Subject"] == "2 messaggi, la prima data è 16 febbraio 2026"
    assert english_in(part_of(message, "html")) == []
