"""The 26 numbered deliverables. Source: `domain.md`, "The deliverables, numbered"."""

from __future__ import annotations

from models.method.spec import DeliverableSpec, DeliverableType, Over

WORD = ("pdf", "html", "docx")
PICTURE = ("pdf", "html", "svg", "png")
SITE = ("pdf", "html", "site")
DEC = DeliverableType.DISSEMINATION

DELIVERABLES = (
    DeliverableSpec("D1.1", "needs-assessment", "Needs assessment", 1, Over.CITY, "needs-approval", ("needs-assessment", "city-profile")),
    DeliverableSpec("D1.2", "matching-report", "Matching report", 1, Over.PROGRAMME, "matching-approval", ("matching-proposal", "needs-assessment", "city-profile")),
    DeliverableSpec("D1.3", "pair-agreement", "Pair agreement", 1, Over.PAIR, "pair-agreement", ("pair-terms",), formats=WORD),
    DeliverableSpec("D1.4", "city-infographic", "City infographic", 1, Over.CITY, "needs-approval", ("needs-assessment", "city-profile"), formats=PICTURE, type=DEC),
    DeliverableSpec("D2.1", "benchmark-paper", "Benchmark paper", 2, Over.PAIR, "benchmark-committee", ("benchmark", "self-assessment")),
    DeliverableSpec("D2.2", "good-practices", "Catalogue of good practices", 2, Over.PROGRAMME, "practices-approval", ("good-practice",)),
    DeliverableSpec("D3.1", "training-report", "Training report", 3, Over.PROGRAMME, "training-approval", ("training-record",)),
    DeliverableSpec("D3.2", "network-charter", "Network charter", 3, Over.CITY, "network-approval", ("support-network", "stakeholder-map"), formats=WORD),
    DeliverableSpec("D3.3", "visit-plan", "Study-visit plan", 3, Over.PAIR, "visit-plan-approval", ("visit-plan", "benchmark")),
    DeliverableSpec("D4.1", "visit-report-1", "Report of the first study visit", 4, Over.PAIR, "visit-1-report-approval", ("visit-agenda", "visit-report", "benchmark"), formats=WORD),
    DeliverableSpec("D4.2", "action-plan", "Action plan", 4, Over.MENTEE, "plan-draft-approval", ("action-plan", "needs-assessment", "benchmark", "self-assessment"), version="0.1", lineage="action-plan", formats=WORD),
    DeliverableSpec("D5.1", "visit-report-2", "Report of the second study visit", 5, Over.PAIR, "visit-2-report-approval", ("visit-agenda", "visit-report", "benchmark"), formats=WORD),
    DeliverableSpec("D5.2", "action-plan", "Action plan", 5, Over.MENTEE, "plan-revised-approval", ("action-plan", "needs-assessment", "benchmark", "self-assessment", "costing", "comments", "opinion"), version="0.5", lineage="action-plan", formats=WORD),
    DeliverableSpec("D5.3", "comment-log", "Comment log", 5, Over.MENTEE, "plan-revised-approval", ("comments", "opinion")),
    DeliverableSpec("D6.1", "workshop-report", "Report of the transfer workshop", 6, Over.PAIR, "workshop-approval", ("workshop-record", "peer-review", "benchmark")),
    DeliverableSpec("D6.2", "academy-report", "Academy report", 6, Over.ACADEMY, "academy-approval", ("academy-record",)),
    DeliverableSpec("D6.3", "one-stop-shop", "Online one-stop shop", 6, Over.SHOP, "shop-publication", ("one-stop-shop",), formats=SITE, type=DeliverableType.DEMONSTRATOR),
    DeliverableSpec("D6.4", "toolkit-draft", "Toolkit draft", 6, Over.THEME, "toolkit-draft", ("toolkit-notes", "benchmark", "good-practice", "self-assessment", "action-plan")),
    DeliverableSpec("D7.1", "action-plan", "Action plan", 7, Over.MENTEE, "plan-adoption", ("action-plan", "needs-assessment", "benchmark", "self-assessment", "costing", "comments", "opinion", "peer-review"), version="1.0", lineage="action-plan", formats=WORD),
    DeliverableSpec("D7.2", "cross-plan-review", "Cross-plan review", 7, Over.PROGRAMME, "cross-plan-review-approval", ("synthesis", "action-plan", "costing", "needs-assessment", "benchmark", "self-assessment", "peer-review"), from_record=True),
    DeliverableSpec("D7.3", "methodological-guide", "Methodological guide", 7, Over.PROGRAMME, "guide-approval", ("synthesis", "lesson"), from_record=True, type=DEC),
    DeliverableSpec("D7.4", "toolkit", "Integrated toolkit", 7, Over.PROGRAMME, "toolkit-approval", ("synthesis", "toolkit-notes", "benchmark", "good-practice", "self-assessment", "action-plan"), type=DEC),
    DeliverableSpec("D7.5", "pair-infographic", "Pair infographic", 7, Over.PAIR, "plan-adoption", ("needs-assessment", "city-profile", "benchmark"), formats=PICTURE, type=DEC),
    DeliverableSpec("D7.6", "programme-infographic", "Programme infographic", 7, Over.PROGRAMME, "programme-infographic-approval", ("synthesis",), formats=PICTURE, type=DEC, from_record=True),
    DeliverableSpec("D7.7", "visit-report-3", "Report of the third study visit", 7, Over.PAIR, "visit-3-report-approval", ("visit-agenda", "visit-report", "benchmark"), formats=WORD),
    DeliverableSpec("D7.8", "evaluation", "Evaluation", 7, Over.PROGRAMME, "evaluation-approval", ("evaluation", "synthesis", "benchmark", "self-assessment", "training-record", "academy-record"), from_record=True),
)
