"""Forms made from the kinds of contributions: what was typed as a tree, the tree as a form, the tree as a body.

One mechanism for all kinds: everything follows from the fields of `tasks.page_fields`. No HTML and no web framework here. How a field looks
is `templates/desk/form_parts.html`; what is kept of a draft, and how two writers' changes are brought together, is
`models.doors.drafting`.
"""

from __future__ import annotations

from tasks.forms.state import State, at, blank, body_of, id_of, path_of, state_of
from tasks.forms.typed import Path, Problem

__all__ = ["Path", "Problem", "State", "at", "blank", "body_of", "id_of", "path_of", "state_of"]
