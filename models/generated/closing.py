"""Generated lessons of the cities and the facilitator's synthesis."""

from __future__ import annotations

from models.generated.story import Body, Story

WORKED = (
    "Seeing a practice where it happens",
    "One contact person in each city",
    "The local support network at the table",
    "Short forms with few questions",
)
FAILED = (
    "Deadlines in the budget weeks",
    "Too many people on the first visit",
    "Figures that nobody could find",
    "Translations that came late",
)
ADVICE = (
    "Begin with the needs, not with a project",
    "Ask finance early",
    "Bring newcomers in before the plan is written",
    "Plan twice the time for answers",
)


def lesson(story: Story) -> Body:
    """What worked, what did not, and advice."""
    return {
        "summary": f"Generated text. {story.here} would take part again.",
        "worked": [f"{line} (generated)" for line in story.some(WORKED, 2, 3)],
        "did_not_work": [f"{line} (generated)" for line in story.some(FAILED, 1, 2)],
        "advice": [f"{line} (generated)" for line in story.some(ADVICE, 2, 3)],
    }


def synthesis(story: Story) -> Body:
    """The facilitator's texts, with numbers counted from what came in."""
    plans = {item["scope"]: item["body"] for item in story.earlier if item["kind"] == "action-plan"}
    actions = sum(len(plan["actions"]) for plan in plans.values())
    lessons = [item["body"] for item in story.earlier if item["kind"] == "lesson"]
    cities = len(story.definition.cities)
    pitfalls = list(dict.fromkeys(line for body in lessons for line in body["did_not_work"]))[:12]
    advice = list(dict.fromkeys(line for body in lessons for line in body["advice"]))[:12]
    return {
        "introduction": f"Generated text. This guide shows how {cities} cities mentored each other, step by step.",
        "why": "Generated text. Cities learn fastest from cities that have solved the same problem.",
        "comparison": {
            "summary": f"Generated text. {len(plans)} plans with {actions} actions were compared.",
            "strengths": ["Each action answers a need (generated)", "Newcomers take part in planning (generated)"],
            "gaps": ["Funding is open for part of the actions (generated)", "Few indicators have a baseline (generated)"],
        },
        "recommendations": [
            "Agree the baseline before the first action begins (generated)",
            "Review the plans together after a year (generated)",
        ],
        "tools": [
            {"name": "Needs questionnaire", "purpose": "Every city answers the same questions"},
            {"name": "Key-factor table", "purpose": "Benchmark, key factors and ratings on one page"},
        ],
        "costs": "Generated text. Count on one day a week of the project lead in each city.",
        "online_in_person": "Generated text. Preparation works online; practices are best seen in person.",
        "pitfalls": pitfalls or ["Too little time for answers (generated)"],
        "checklist": advice or ["A mandate of the council (generated)"],
        "toolkit_introduction": "Generated text. Begin with the self-assessment, then read the key factors with the lowest ratings.",
        "key_messages": [f"{cities} cities, {len(plans)} action plans, {actions} actions", "Cities learn from cities"],
        "outlook": "Generated text. The cities stay in touch; the associations carry the method on.",
    }
