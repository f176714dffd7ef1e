"""An audit's report as PDF. It names records, people and verdicts, and no plate."""

from __future__ import annotations

from fpdf import FPDF

from alpr_city.audits.models import Audit
from alpr_city.web.times import both

LINE_MM = 6


def pdf(audit: Audit, city: str) -> bytes:
    """The report; the same audit gives the same pages."""
    page = FPDF(format="letter")
    page.set_creation_date(audit.drawn_at)
    page.set_title(f"Audit {audit.pk}")
    page.set_margin(18)
    page.add_page()
    page.set_font("helvetica", "B", 16)
    _text(page, f"{city}: audit of the use of licence plate readers")
    page.set_font("helvetica", size=10)
    _text(page, f"Period {both(audit.first_at)} to {both(audit.last_at)}")
    _text(page, f"Policy {audit.policy}; {audit.records} accesses in the period")
    _text(page, f"Drawn by access record {audit.head_seq}'s signed head:")
    page.set_font("courier", size=7)
    _text(page, bytes(audit.statement).hex())
    page.set_font("helvetica", size=10)
    items = list(audit.items.order_by("seq"))
    words = [i.verdict or "open" for i in items]
    counts = ", ".join(f"{words.count(w)} {w}" for w in dict.fromkeys(words))
    _text(page, f"{len(items)} records looked at: {counts or 'none'}")
    for what, name, signed in (
        ("Reviewer", audit.reviewer_name, audit.submitted_at),
        ("Approver", audit.approver_name, audit.approved_at),
    ):
        _text(page, f"{what}: {name} {both(signed) if signed else 'open'}")
    _text(page, f"Findings: {audit.findings or 'none'}")
    page.ln(LINE_MM)
    page.set_font("helvetica", size=8)
    with page.table(col_widths=(10, 29, 18, 23, 20, 16, 34), text_align="LEFT") as table:
        table.row(("Record", "When", "Who", "Action", "Case", "Verdict", "Why, and remark"))
        for i in items:
            facts = i.facts
            table.row(
                tuple(
                    _latin(t)
                    for t in (
                        str(i.seq),
                        both(facts["at"]),
                        facts["user"],
                        facts["action"],
                        facts["case"],
                        i.verdict or "open",
                        f"{i.why}. {i.remark}".strip(),
                    )
                )
            )
    return bytes(page.output())


def _text(page: FPDF, text: str) -> None:
    page.multi_cell(0, LINE_MM, _latin(text), new_x="LMARGIN", new_y="NEXT")


def _latin(text: str) -> str:
    """What the built-in fonts can show."""
    return text.encode("latin-1", errors="replace").decode("latin-1")
