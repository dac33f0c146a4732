"""Organisations and the mailboxes that answer for their roles."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Base
from models.definition import Definition, Role

FALLBACK = {Role.DEPUTY: ()}
"""Roles nobody stands in for; all others fall back to the organisation's lead, then to its first mailbox."""

LEADS = (Role.LEAD, Role.ASSOCIATION, Role.COORDINATOR, Role.FACILITATOR, Role.COMMITTEE)


class Organisation(Base):
    """A city, an association, or one of the bodies that run the programme."""

    __tablename__ = "organisation"
    __table_args__ = (UniqueConstraint("programme_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"))
    slug: Mapped[str] = mapped_column(String(48))
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    link_epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    """Counts how often its links were withdrawn: only links of the present count open anything."""
    contacts: Mapped[list[Contact]] = relationship(order_by="Contact.id")

    def reached_at(self, role: Role) -> list[Contact]:
        """Who answers for the role; the lead's mailbox where the role has none of its own."""
        for wanted in (role, *FALLBACK.get(role, LEADS)):
            found = [contact for contact in self.contacts if contact.role == wanted]
            if found:
                return found
        return [] if role in FALLBACK else self.contacts[:1]


class Contact(Base):
    """A mailbox. A personal one has a name, a day of consent and a day after which it is erased (GDPR)."""

    __tablename__ = "contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    mailbox: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(16))
    elected: Mapped[bool] = mapped_column(default=False)
    name: Mapped[str | None] = mapped_column(String(200))
    consent_on: Mapped[date | None]
    retain_until: Mapped[date | None]


def organisations_of(definition: Definition) -> list[Organisation]:
    """The rows a launch creates."""
    return [
        Organisation(
            slug=item.slug,
            kind=item.kind,
            name=item.name,
            contacts=[
                Contact(
                    role=contact.role,
                    mailbox=contact.mailbox,
                    language=contact.language or item.languages[0],
                    elected=contact.elected,
                    name=contact.name,
                    consent_on=contact.consent_on,
                    retain_until=contact.retain_until,
                )
                for contact in item.contacts
            ],
        )
        for item in definition.organisations
    ]
