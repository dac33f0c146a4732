"""The seven phases, each as the checklist its flow works off. Source: `domain.md`, "The seven phases".

Weeks count from the phase's start in phases 1 to 3 and from the visit, workshop or academy in phases 4 to 7.
A programme file may change offsets and policies; it cannot change which gates there are.
"""

from __future__ import annotations

from models.definition import Policy, Role
from models.method.parts import (
    ASSOCIATION,
    BOTH,
    COMMITTEE,
    COORDINATOR,
    FACILITATOR,
    GUEST,
    HOST,
    LEAD,
    MENTEE,
    MENTOR,
    START,
    around,
    since,
    visit,
)
from models.method.spec import Actor, GateKind, GateSpec, Of, Over, PhaseSpec

NEEDS_AND_MATCHING = PhaseSpec(
    1, "Needs assessment and matching",
    "Every city says what it needs and what it is good at; the scores propose pairs; the Steering Committee confirms them.",
    (
        GateSpec(
            "needs", 1, GateKind.CONTRIBUTION, Over.CITY, "Needs assessment questionnaire",
            "Answer the questionnaire: context, figures, governance, services, needs ranked, gaps and data limits.",
            (LEAD,), START, 4, contribution="needs-assessment",
        ),
        GateSpec(
            "profile", 1, GateKind.CONTRIBUTION, Over.CITY, "City profile",
            "Describe your strengths, capacity to mentor, working languages, wished themes and vetoes.",
            (LEAD,), START, 8, contribution="city-profile",
        ),
        GateSpec(
            "needs-approval", 1, GateKind.APPROVAL, Over.CITY, "Needs assessment: the mayor's delegate approves",
            "Read your city's needs assessment and infographic and decide on them.",
            (Actor(Role.MAYOR, Of.SELF),), START, 9, ("needs", "profile"), feeds=("needs", "profile"), reviews=("D1.1", "D1.4"),
        ),
        GateSpec(
            "matching", 1, GateKind.CONTRIBUTION, Over.PROGRAMME, "Matching proposal",
            "Check the computed matching; override single pairs with a reason, or confirm it as computed.",
            (FACILITATOR,), START, 10, ("needs-approval",), contribution="matching-proposal",
        ),
        GateSpec(
            "matching-approval", 1, GateKind.APPROVAL, Over.PROGRAMME, "Matching: the Steering Committee confirms",
            "Read the matching report and decide on the pairs.",
            (COMMITTEE,), START, 12, ("matching",), feeds=("matching",), reviews=("D1.2",), confirms_matching=True, policy=Policy.HOLD,
        ),
        GateSpec(
            "pair-terms", 1, GateKind.CONTRIBUTION, Over.PAIR, "Terms of the pair",
            "Write down what the two cities agree: roles, calendar, resources, languages, data protection, exit.",
            (MENTEE,), since("matching-approval"), 2, ("matching-approval",), contribution="pair-terms",
        ),
        GateSpec(
            "pair-agreement", 1, GateKind.APPROVAL, Over.PAIR, "Pair agreement: both cities approve",
            "Read the pair agreement and decide on it.",
            BOTH, since("matching-approval"), 4, ("pair-terms",), feeds=("pair-terms",), reviews=("D1.3",),
        ),
    ),
)

BENCHMARKS = PhaseSpec(
    2, "Thematic benchmarks",
    "Good practices are collected; each pair settles a benchmark and its key factors; the mentee measures itself against them.",
    (
        GateSpec(
            "practices", 2, GateKind.CONTRIBUTION, Over.CITY, "Good practices of the city",
            "Describe at least one practice of yours: problem, target group, cost, results, conditions, transferability.",
            (LEAD,), START, 4, ("matching-approval",), contribution="good-practice", policy=Policy.PROCEED,
        ),
        GateSpec(
            "association-practices", 2, GateKind.CONTRIBUTION, Over.ASSOCIATION, "Good practices of other local governments",
            "Bring in practices of other members of your association.",
            (ASSOCIATION,), START, 4, ("matching-approval",), contribution="good-practice", policy=Policy.PROCEED,
        ),
        GateSpec(
            "practices-approval", 2, GateKind.APPROVAL, Over.PROGRAMME, "Catalogue of good practices: the facilitator approves",
            "Read the catalogue and decide on it.",
            (FACILITATOR,), START, 6, ("practices", "association-practices"), feeds=("practices",), reviews=("D2.2",),
        ),
        GateSpec(
            "benchmark", 2, GateKind.CONTRIBUTION, Over.PAIR, "Benchmark and key factors",
            "After the pair's workshop, write down the benchmark, its key factors and their indicators.",
            (FACILITATOR,), START, 8, ("pair-agreement",), contribution="benchmark",
        ),
        GateSpec(
            "self-assessment", 2, GateKind.CONTRIBUTION, Over.MENTEE, "Self-assessment before",
            "Rate your city on each key factor from 0 to 4 and name the evidence.",
            (LEAD,), START, 10, ("benchmark",), contribution="self-assessment",
        ),
        GateSpec(
            "benchmark-pair", 2, GateKind.APPROVAL, Over.PAIR, "Benchmark paper: the pair approves",
            "Read the benchmark paper and decide on it.",
            BOTH, START, 11, ("benchmark", "self-assessment"), feeds=("benchmark",), reviews=("D2.1",),
        ),
        GateSpec(
            "benchmark-facilitator", 2, GateKind.APPROVAL, Over.PAIR, "Benchmark paper: the facilitator approves",
            "Read the benchmark paper the pair has approved and decide on it.",
            (FACILITATOR,), START, 11, ("benchmark-pair",), feeds=("benchmark",), reviews=("D2.1",),
        ),
        GateSpec(
            "benchmark-committee", 2, GateKind.APPROVAL, Over.PAIR, "Benchmark paper: the Steering Committee approves",
            "Read the benchmark paper and decide on it.",
            (COMMITTEE,), START, 12, ("benchmark-facilitator",), feeds=("benchmark",), reviews=("D2.1",),
        ),
    ),
)

TRAINING_AND_NETWORKS = PhaseSpec(
    3, "Mentoring training and local support networks",
    "All cities are trained in mentoring; each founds a local support network; each pair plans its visits.",
    (
        GateSpec(
            "stakeholders", 3, GateKind.CONTRIBUTION, Over.CITY, "Stakeholder map",
            "List the organisations that matter for the theme, by kind, and what each can bring.",
            (LEAD,), START, 3, ("matching-approval",), contribution="stakeholder-map",
        ),
        GateSpec(
            "training", 3, GateKind.CONTRIBUTION, Over.PROGRAMME, "Training record",
            "Record the mentoring training: objectives, programme, attendance counts, evaluation, materials.",
            (COORDINATOR,), START, 6, ("matching-approval",), contribution="training-record",
        ),
        GateSpec(
            "training-approval", 3, GateKind.APPROVAL, Over.PROGRAMME, "Training report: the facilitator approves",
            "Read the training report and decide on it.",
            (FACILITATOR,), START, 8, ("training",), feeds=("training",), reviews=("D3.1",),
        ),
        GateSpec(
            "network", 3, GateKind.CONTRIBUTION, Over.CITY, "Local support network",
            "Name the network's members by organisation, with their consent. At least one is migrant-led, or say why not and by when.",
            (LEAD,), START, 8, ("stakeholders",), contribution="support-network",
        ),
        GateSpec(
            "network-approval", 3, GateKind.APPROVAL, Over.CITY, "Network charter: the city approves",
            "Read the charter of your local support network and decide on it.",
            (Actor(Role.MAYOR, Of.SELF),), START, 10, ("network",), feeds=("network",), reviews=("D3.2",),
        ),
        GateSpec(
            "visit-plan", 3, GateKind.CONTRIBUTION, Over.PAIR, "Plan of the study visits",
            "Plan the three visits: dates, mode, host and guest, agenda, budget, questions to answer.",
            (MENTEE,), START, 10, ("benchmark-pair", "network"), contribution="visit-plan",
        ),
        GateSpec(
            "visit-plan-approval", 3, GateKind.APPROVAL, Over.PAIR, "Study-visit plan: host and guest approve",
            "Read the study-visit plan and decide on it.",
            (HOST, GUEST), START, 12, ("visit-plan",), feeds=("visit-plan",), reviews=("D3.3",), meeting="visit-1",
        ),
    ),
)

FIRST_VISIT = PhaseSpec(
    4, "First study visit: plan actions",
    "The mentee sees the mentor's practice and drafts its action plan.",
    visit(4, 1, "visit-plan-approval", (
        GateSpec(
            "plan-draft", 4, GateKind.CONTRIBUTION, Over.MENTEE, "Action plan, first draft",
            "Draft the action plan: vision, objectives and the actions with owner, dates, cost and indicator.",
            (LEAD,), since("visit-1"), 8, ("visit-1-report", "benchmark-committee"), contribution="action-plan",
        ),
        GateSpec(
            "plan-draft-approval", 4, GateKind.APPROVAL, Over.MENTEE, "Action plan v0.1: the project lead approves",
            "Read the first draft of the action plan and decide on it.",
            (LEAD,), since("visit-1"), 10, ("plan-draft",), feeds=("plan-draft",), reviews=("D4.2",),
        ),
    )),
)

SECOND_VISIT = PhaseSpec(
    5, "Second study visit: consolidate action plans",
    "The plan is costed, discussed with the local network and consolidated.",
    visit(5, 2, "plan-draft-approval", (
        GateSpec(
            "costing", 5, GateKind.CONTRIBUTION, Over.MENTEE, "Costing of the action plan",
            "Cost each action: staff and other cost in euro, funding source and its state.",
            (Actor(Role.FINANCE, Of.SELF),), since("visit-2"), 6, ("visit-2",), contribution="costing", money=True,
        ),
        GateSpec(
            "consultation", 5, GateKind.CONTRIBUTION, Over.MENTEE, "Consultation of the local support network",
            "Record the network's comments on the plan, your response to each and what changed.",
            (LEAD,), since("visit-2"), 8, ("visit-2",), contribution="comments",
        ),
        GateSpec(
            "mentor-opinion", 5, GateKind.CONTRIBUTION, Over.PAIR, "The mentor's opinion on the plan",
            "Say what you would keep, change or add in your mentee's plan. Your opinion is advisory.",
            (MENTOR,), since("visit-2"), 8, ("visit-2",), contribution="opinion", policy=Policy.PROCEED,
        ),
        GateSpec(
            "plan-revised", 5, GateKind.CONTRIBUTION, Over.MENTEE, "Action plan, consolidated",
            "Revise the action plan with the costing, the network's comments and the mentor's opinion.",
            (LEAD,), since("visit-2"), 10, ("costing", "consultation"), contribution="action-plan",
        ),
        GateSpec(
            "plan-revised-approval", 5, GateKind.APPROVAL, Over.MENTEE, "Action plan v0.5: finance and departments approve",
            "Read the consolidated, costed plan and the comment log and decide on them.",
            (Actor(Role.FINANCE, Of.SELF), Actor(Role.DEPARTMENTS, Of.SELF)), since("visit-2"), 12, ("plan-revised", "mentor-opinion"),
            feeds=("plan-revised",), reviews=("D5.2", "D5.3"), money=True,
        ),
    )),
)

ACADEMIES_AND_WORKSHOPS = PhaseSpec(
    6, "Training academies and transfer workshops",
    "Plans meet their peers, what was learned is passed on, and each city's one-stop shop goes online.",
    (
        GateSpec(
            "plans-circulated", 6, GateKind.EVENT, Over.PAIR, "Plans are circulated",
            "Confirm that the plan has been sent to the other cities before the workshop.",
            (MENTEE,), around("workshop"), -2, ("plan-revised-approval",), meeting="workshop", policy=Policy.PROCEED,
        ),
        GateSpec(
            "workshop", 6, GateKind.EVENT, Over.PAIR, "Transfer workshop takes place",
            "Record the day on which the workshop took place.",
            (HOST,), around("workshop"), 0, ("plans-circulated",), lead=1, meeting="workshop", policy=Policy.HOLD,
        ),
        GateSpec(
            "peer-feedback", 6, GateKind.CONTRIBUTION, Over.PAIR, "Peer feedback",
            "Give your feedback on the plans you have read: strengths, gaps, one thing you would take home.",
            (MENTOR,), since("workshop"), 2, ("workshop",), contribution="peer-review", meeting="workshop", policy=Policy.PROCEED,
        ),
        GateSpec(
            "workshop-record", 6, GateKind.CONTRIBUTION, Over.PAIR, "Record of the transfer workshop",
            "Record the workshop: aims, programme, participants by role, what was transferred, what follows.",
            (HOST,), since("workshop"), 3, ("workshop",), contribution="workshop-record", meeting="workshop",
        ),
        GateSpec(
            "workshop-approval", 6, GateKind.APPROVAL, Over.PAIR, "Workshop report: the facilitator approves",
            "Read the workshop report and decide on it.",
            (FACILITATOR,), since("workshop"), 5, ("workshop-record", "peer-feedback"), feeds=("workshop-record",), reviews=("D6.1",),
        ),
        GateSpec(
            "shop-content", 6, GateKind.CONTRIBUTION, Over.SHOP, "One-stop shop: content",
            "List the services newcomers need, by topic: who, where, when, cost, documents, languages, how to book.",
            (LEAD,), since("workshop"), 8, ("workshop",), contribution="one-stop-shop", lead=8,
        ),
        GateSpec(
            "shop-services", 6, GateKind.APPROVAL, Over.SHOP, "One-stop shop: service owners confirm their records",
            "Check the records of the services you run and decide on them.",
            (Actor(Role.SERVICE_OWNER, Of.SELF),), since("workshop"), 10, ("shop-content",), feeds=("shop-content",), reviews=("D6.3",),
        ),
        GateSpec(
            "shop-translations", 6, GateKind.APPROVAL, Over.SHOP, "One-stop shop: translator signs off",
            "Check the translations and decide on them. Legal, health and emergency text is never published unreviewed.",
            (Actor(Role.TRANSLATOR, Of.SELF),), since("workshop"), 12, ("shop-services",), feeds=("shop-content",), reviews=("D6.3",),
        ),
        GateSpec(
            "shop-publication", 6, GateKind.APPROVAL, Over.SHOP, "One-stop shop: the city publishes",
            "Look at the one-stop shop as it will go online and decide on it.",
            (Actor(Role.MAYOR, Of.SELF),), since("workshop"), 16, ("shop-translations",), feeds=("shop-content",), reviews=("D6.3",),
        ),
        GateSpec(
            "toolkit-notes", 6, GateKind.CONTRIBUTION, Over.THEME, "Toolkit draft of the theme",
            "Bring together for the theme: how to use it, key factors, practices, self-assessment, resources.",
            (FACILITATOR,), since("workshop"), 8, ("workshop-approval",), contribution="toolkit-notes",
        ),
        GateSpec(
            "toolkit-draft", 6, GateKind.APPROVAL, Over.THEME, "Toolkit draft: the facilitator approves",
            "Read the toolkit draft of the theme and decide on it.",
            (FACILITATOR,), since("workshop"), 10, ("toolkit-notes",), feeds=("toolkit-notes",), reviews=("D6.4",),
        ),
        GateSpec(
            "academy", 6, GateKind.EVENT, Over.ACADEMY, "Training academy takes place",
            "Record the day on which the academy took place.",
            (ASSOCIATION,), around("academy"), 0, ("visit-3",), lead=2, meeting="academy", policy=Policy.HOLD,
        ),
        GateSpec(
            "academy-record", 6, GateKind.CONTRIBUTION, Over.ACADEMY, "Record of the academy",
            "Record the academy: aims, programme, participants by role, evaluation, materials.",
            (ASSOCIATION,), since("academy"), 3, ("academy",), contribution="academy-record", meeting="academy",
        ),
        GateSpec(
            "academy-approval", 6, GateKind.APPROVAL, Over.ACADEMY, "Academy report: the association approves",
            "Read the academy report and decide on it.",
            (ASSOCIATION,), since("academy"), 5, ("academy-record",), feeds=("academy-record",), reviews=("D6.2",),
        ),
    ),
)

THIRD_VISIT = PhaseSpec(
    7, "Third study visit: review all action plans",
    "Plans are reviewed and adopted; the guide, the toolkit and the evaluation say what others can use.",
    (
        GateSpec(
            "plan-circulated", 7, GateKind.EVENT, Over.MENTEE, "Plan is circulated for the review",
            "Confirm that the current plan has been sent to the mentor and the facilitator.",
            (LEAD,), around("visit-3"), -4, ("workshop",), policy=Policy.PROCEED,
        ),
        *visit(7, 3, "workshop", ()),
        GateSpec(
            "plan-final", 7, GateKind.CONTRIBUTION, Over.MENTEE, "Action plan, final",
            "Bring the action plan into its final form after the review.",
            (LEAD,), since("visit-3"), 4, ("visit-3",), contribution="action-plan",
        ),
        GateSpec(
            "plan-adoption", 7, GateKind.APPROVAL, Over.MENTEE, "Action plan v1.0: the council or mayor adopts",
            "Adopt the action plan. A council's decision is recorded with the number and date of its act.",
            (Actor(Role.COUNCIL, Of.SELF),), since("visit-3"), 8, ("plan-final",), feeds=("plan-final",), reviews=("D7.1", "D7.5"),
            needs_act=True, money=True, policy=Policy.HOLD,
        ),
        GateSpec(
            "self-assessment-after", 7, GateKind.CONTRIBUTION, Over.MENTEE, "Self-assessment after",
            "Rate your city again on each key factor from 0 to 4 and name the evidence.",
            (LEAD,), since("visit-3"), 6, ("visit-3",), contribution="self-assessment",
        ),
        GateSpec(
            "lessons", 7, GateKind.CONTRIBUTION, Over.CITY, "Lessons learned",
            "Say what worked, what did not, and what you would tell a city that starts tomorrow.",
            (LEAD,), since("visit-3"), 6, ("visit-3",), contribution="lesson", policy=Policy.PROCEED,
        ),
        GateSpec(
            "evaluation", 7, GateKind.CONTRIBUTION, Over.CITY, "Evaluation by the city",
            "Rate how far each expected result was reached, with evidence; say how cooperation and competences changed, and what is next.",
            (LEAD,), since("visit-3"), 7, ("visit-3",), contribution="evaluation", policy=Policy.PROCEED,
        ),
        GateSpec(
            "synthesis", 7, GateKind.CONTRIBUTION, Over.PROGRAMME, "Synthesis by the facilitator",
            "Write the comparison of the plans, recommendations, and the introduction to the guide and the toolkit.",
            (FACILITATOR,), since("visit-3"), 9, ("plan-final", "self-assessment-after", "lessons", "evaluation"), contribution="synthesis",
        ),
        *(
            GateSpec(
                f"{key}-approval", 7, GateKind.APPROVAL, Over.PROGRAMME, f"{title}: the Steering Committee approves",
                f"Read the {title.lower()} and decide on it.",
                (COMMITTEE,), since("visit-3"), 12, ("synthesis", "plan-adoption"), feeds=("synthesis",), reviews=(number,),
            )
            for key, title, number in (
                ("cross-plan-review", "Cross-plan review", "D7.2"),
                ("guide", "Methodological guide", "D7.3"),
                ("toolkit", "Integrated toolkit", "D7.4"),
                ("programme-infographic", "Programme infographic", "D7.6"),
                ("evaluation", "Evaluation", "D7.8"),
            )
        ),
        GateSpec(
            "closure", 7, GateKind.APPROVAL, Over.PROGRAMME, "Closure: the coordinator closes the programme",
            "Everything else is done. Check the record and close the programme.",
            (COORDINATOR,), since("visit-3"), 16, ("*",), policy=Policy.HOLD,
        ),
    ),
)

PHASES = (
    NEEDS_AND_MATCHING,
    BENCHMARKS,
    TRAINING_AND_NETWORKS,
    FIRST_VISIT,
    SECOND_VISIT,
    ACADEMIES_AND_WORKSHOPS,
    THIRD_VISIT,
)
