"""What a page says of a document that cannot be taken: what is wrong with it, whose it is, what to do."""

from __future__ import annotations

from models.gates import Gate
from models.standing import Standing
from tasks.notice_views import name_of, scope_names
from tasks.word_back.opening import LARGEST_FILE
from tasks.word_back.origin import Origin
from tasks.wording import Words


def why_unreadable(reason: str, words: Words) -> str:
    """A sentence for one of `opening.REASONS`."""
    match reason:
        case "empty":
            return words.gettext("Choose the Word document you have worked on.")
        case "large":
            said = words.gettext("This document is too large: at most %(most)s MB, and text as long as a plan. Take pictures out of it.")
            return said % {"most": words.number(LARGEST_FILE // 1024 // 1024)}
        case "locked":
            return words.gettext("This document has a password, or it is an old .doc file. Save it as .docx without a password.")
        case "macros":
            return words.gettext("This document holds macros. Save it as a plain .docx and upload that.")
        case "bomb":
            return words.gettext("This file unpacks to far more than a document holds, so it was not read.")
        case "broken":
            return words.gettext("This document is damaged and could not be read. Open it in Word, save it again and upload that.")
    return words.gettext("This is not a Word document. Upload the .docx file that you downloaded here and worked on.")


def whose(standing: Standing, gate: Gate, organisation: str, origin: Origin | None, words: Words) -> str:
    """Why a document is not for this page; empty where it is."""
    if origin is None:
        return words.gettext(
            "This document was not downloaded from this page, so we cannot tell which text belongs where. "
            "Download the working copy here and put your changes into it."
        )
    if origin.programme != standing.programme.id:
        return words.gettext("This document belongs to another programme. Upload it on the page it was downloaded from.")
    if (origin.gate, origin.scope, origin.organisation, origin.kind) != (gate.key, gate.scope, organisation, gate.spec.contribution):
        other = standing.find_gate(origin.gate, origin.scope)
        known = {item.slug for item in standing.definition.organisations}
        about = ", ".join(scope_names(standing, other.scope)) if other else ""
        said = words.gettext("This document is “%(title)s” of %(name)s. Upload it on the page it was downloaded from.")
        title = words.gettext(other.spec.title) if other else origin.gate
        name = name_of(standing, origin.organisation) if origin.organisation in known else origin.organisation
        return said % {"title": f"{title}, {about}" if about else title, "name": name}
    return ""
