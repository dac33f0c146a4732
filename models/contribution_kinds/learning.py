"""Phases 3 and 6: training, workshops, academies and the feedback of peers. Source: `domain.md`, "The seven phases"."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, ValidationInfo, model_validator

from models.contribution_kinds.meetings import Competence, FollowUp, Held, Material, Quote, Score, Session
from models.contribution_kinds.parts import (
    ActionRef,
    CitySlug,
    FromOneToFive,
    KeyFactorRef,
    Line,
    Lines,
    Loc,
    MenteeSlug,
    Prose,
    SomeLines,
    Text,
    refuse,
    repeated,
    unknown_action,
)
from models.definition import Strict


class Learning(Held):
    """What training, workshop and academy have in common."""

    title: Line = Field(description="What it was", examples=["Mentoring training for all cities"])
    summary: Text = Field(description="It on half a page")
    objectives: SomeLines = Field(description="What it was for, a line each")
    programme: list[Session] = Field(min_length=1, max_length=100, description="What took place, session by session")
    evaluation: list[Score] = Field([], max_length=40, description="What those who took part answered afterwards, question by question")
    comments: Lines = Field([], description="What they wrote, a line each, without anything that points at a person")
    materials: list[Material] = Field([], max_length=60, description="What was handed out and can be used again")
    follow_ups: list[FollowUp] = Field([], max_length=60, description="Who promised what by when")

    def learning_faults(self) -> list[tuple[Loc, str]]:
        """The days agree; a question stands once; no more answers than people."""
        found = self.day_faults(self.programme, "programme")
        found += repeated([score.question.casefold() for score in self.evaluation], "evaluation", field="question", what="question")
        found += self.answer_faults("evaluation", [score.answers for score in self.evaluation])
        return found

    def answer_faults(self, place: str, answers: list[int]) -> list[tuple[Loc, str]]:
        """A fault for every row that more people answered than took part, where all were counted."""
        counts = [row.attended for row in self.participants]
        came = sum(count for count in counts if count is not None)
        if None in counts:
            return []
        return [
            ((place, index, "answers"), f"{number} answered, but only {came} took part; correct one of them")
            for index, number in enumerate(answers)
            if number > came
        ]


class Teaching(Learning):
    """What training and academy have in common: they are to leave people able to do more."""

    competences: list[Competence] = Field([], max_length=40, description="What those who took part could do before and after")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """As every meeting; a competence stands once."""
        found = self.learning_faults()
        found += repeated([row.competence.casefold() for row in self.competences], "competences", field="competence", what="competence")
        found += self.answer_faults("competences", [row.answers for row in self.competences])
        refuse(found)
        return self


class TrainingRecord(Teaching):
    """The mentoring training (D3.1); its competences are used again in D7.8."""


class Transfer(Strict):
    """Something that went from one city to another."""

    practice: Line = Field(description="What was passed on", examples=["The first-contact desk"])
    giver: CitySlug = Field(description="The city it comes from", examples=["example-mentor"])
    taker: CitySlug = Field(description="The city that takes it up", examples=["example-mentee"])
    adaptation: Text = Field(description="How it is changed to fit there")
    key_factor: KeyFactorRef | None = Field(None, description="The key factor it works on", examples=["KF1"])

    @model_validator(mode="after")
    def rules(self) -> Self:
        """From one city to another."""
        if self.giver == self.taker:
            refuse([(("taker",), f"'{self.taker}' cannot pass it on to itself; name the city that takes it up")])
        return self


class WorkshopRecord(Learning):
    """The transfer workshop of a pair (D6.1)."""

    transferred: list[Transfer] = Field(min_length=1, max_length=40, description="What was passed on, by whom, to whom")
    quotes: list[Quote] = Field([], max_length=30, description="What people said, with their consent")
    conclusions: Text = Field(description="What the workshop comes to")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """As every meeting."""
        refuse(self.learning_faults())
        return self


class AcademyRecord(Teaching):
    """The training academy an association hosted (D6.2)."""

    audience: Text = Field(description="Whom it was for, and how they were invited")
    next_steps: Text = Field(description="What the association does with it")


class Criterion(StrEnum):
    """What a plan is looked at for by its peers; this software's own list."""

    NEEDS = "answers-the-needs"
    CLARITY = "clear-and-complete"
    FEASIBILITY = "can-be-done"
    PARTICIPATION = "migrants-take-part"
    FUNDING = "paid-for"
    SUSTAINABILITY = "lasts"


class CriterionRating(Strict):
    """How a plan does by one criterion."""

    criterion: Criterion = Field(description="What is rated", examples=["can-be-done"])
    rating: FromOneToFive = Field(description="From 1 (not yet) to 5 (fully); the scale is this software's own", examples=[4])
    reason: Line = Field(description="What the rating rests on", examples=["Each action has an owner and a date"])


class Suggestion(Strict):
    """Something the peers would change."""

    action: ActionRef | None = Field(None, description="The action it is about; left out: the whole plan", examples=["A1"])
    suggestion: Line = Field(description="What to change", examples=["Name the deputy of the lead"])


class PlanReview(Strict):
    """What peers say of one plan."""

    plan: MenteeSlug = Field(description="The city whose plan was read", examples=["example-mentee"])
    strengths: SomeLines = Field(description="What is good about it, a line each")
    gaps: SomeLines = Field(description="What it lacks, a line each")
    ratings: list[CriterionRating] = Field(min_length=1, max_length=6, description="How it does by the criteria, each at most once")
    suggestions: list[Suggestion] = Field([], max_length=60, description="What to change")

    @model_validator(mode="after")
    def rules(self, info: ValidationInfo) -> Self:
        """A criterion is rated once, and suggestions are about actions of the plan as it stands."""
        found = repeated([row.criterion for row in self.ratings], "ratings", field="criterion", what="criterion")
        for index, row in enumerate(self.suggestions):
            if row.action and (wrong := unknown_action(row.action, self.plan, info.context)):
                found.append((("suggestions", index, "action"), wrong))
        refuse(found)
        return self


class PeerReview(Strict):
    """The peers' feedback on the plans they have read; one or more plans, advisory."""

    reviews: list[PlanReview] = Field(min_length=1, max_length=40, description="One entry for each plan that was read")
    take_home: SomeLines = Field(description="What the reviewers would do at home, a line each")
    note: Prose = Field("", description="How the plans were read, and by whom (roles)")

    @model_validator(mode="after")
    def rules(self) -> Self:
        """A plan is reviewed once."""
        refuse(repeated([row.plan for row in self.reviews], "reviews", field="plan", what="plan"))
        return self
