"""The sections each deliverable must have, in order. Source: `domain.md`, "What the deliverables contain"."""

from __future__ import annotations

PLAN = (
    "Foreword", "Summary", "Context", "Needs", "Benchmark and gaps", "Vision and objectives", "Logic of the plan", "Action sheets",
    "Budget", "Timetable", "Governance", "Participation", "Monitoring and indicators", "Risks", "Communication", "Sustainability",
    "Approval", "Annexes",
)  # fmt: skip
VISIT = (
    "Objectives", "Programme", "Participants by role", "Findings per key factor", "Ideas", "Obstacles", "Recommendations",
    "Follow-ups", "Quotes",
)  # fmt: skip
TOOLKIT = ("How to use it", "Benchmark", "Key factors", "Practices", "Self-assessment", "Extracts of plans", "Resources")

HEADINGS: dict[str, tuple[str, ...]] = {
    "D1.1": (
        "Context", "Figures", "Governance", "Services for newcomers today", "Stakeholders consulted", "Needs, ranked", "Strengths",
        "Gaps between needs and services", "Data limits",
    ),
    "D1.2": ("Method", "Weights", "The matrix: needs × strengths", "Result", "Alternatives", "Sensitivity", "Overrides, with reasons"),
    "D1.3": ("Theme", "Roles", "Calendar", "Resources", "Languages", "Data protection", "Exit and replacement"),
    "D1.4": (),
    "D2.1": (
        "Theme", "Policy background", "Benchmark statement", "Key factors", "Additional factors", "Baseline self-assessment", "Gaps",
        "Sources",
    ),
    "D2.2": ("Problem", "Target group", "Description", "Cost", "Results", "Conditions", "Transferability", "Contact role"),
    "D3.1": ("Objectives", "Programme", "Attendance", "Evaluation", "Materials"),
    "D3.2": ("Mandate", "Members", "Roles", "Meetings", "Decision rules", "Data protection"),
    "D3.3": ("Dates and mode", "Agenda", "Roles", "Budget", "Questions"),
    "D4.1": VISIT,
    "D4.2": PLAN,
    "D5.1": VISIT,
    "D5.2": PLAN,
    "D5.3": ("Comments, responses and changes",),
    "D6.1": (
        "Objectives", "Programme", "Participants by role", "What was transferred", "Evaluation", "Conclusions", "Follow-ups", "Materials",
    ),
    "D6.2": ("Audience", "Objectives", "Programme", "Participants by role", "Evaluation", "Materials", "Next steps"),
    "D6.3": ("About this one-stop shop",),
    "D6.4": TOOLKIT,
    "D7.1": PLAN,
    "D7.2": ("Comparison", "Strengths", "Gaps", "Recommendations"),
    "D7.3": (
        "Why cities mentor each other", "Roles", "The seven steps", "Tools and templates", "Timing and cost", "Online and in person",
        "Lessons and pitfalls", "Checklist",
    ),
    "D7.4": TOOLKIT,
    "D7.5": (),
    "D7.6": (),
    "D7.7": VISIT,
    "D7.8": (
        "Expected results", "Self-assessments before and after", "Competences before and after", "Cooperation", "What happens next",
    ),
}  # fmt: skip
"""Infographics are one drawing each: their facts are tested where they are drawn."""
