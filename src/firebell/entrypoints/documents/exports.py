"""The forms a postmortem leaves the house in. Whoever calls has read everything before: nothing here asks a table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from firebell.domain.postmortems import export_markdown
from firebell.entrypoints.documents import html, pdf
from firebell.entrypoints.documents.boards import boards
from firebell.entrypoints.documents.plain import as_json
from firebell.entrypoints.documents.sheet import Outgoing, sheet


class Format(StrEnum):
    """``slides`` is the review deck as HTML."""

    MARKDOWN = "md"
    HTML = "html"
    PDF = "pdf"
    SLIDES = "slides"
    SLIDES_PDF = "slides-pdf"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Export:
    """A file. ``policy`` is the Content-Security-Policy it may be shown under; empty: it is never shown as a page."""

    body: bytes
    media_type: str
    filename: str
    policy: str = ""


def made(out: Outgoing, wanted: Format) -> Export:
    """The file. Slow for PDF (about a second), so never with a transaction open.

    Raises Invalid (too long for a PDF), TooMany and Unavailable.
    """
    name = _name(out)
    match wanted:
        case Format.MARKDOWN:
            text = export_markdown.export(out.document, out.stamp, out.names)
            return Export(text.encode(errors="replace"), "text/markdown; charset=utf-8", f"{name}.md")
        case Format.JSON:
            return Export(as_json(out).encode(errors="replace"), "application/json", f"{name}.json")
        case Format.HTML:
            page = html.document(sheet(out))
            return _page(page, f"{name}.html", html.document_policy())
        case Format.SLIDES:
            return _page(html.deck(boards(out)), f"{name}-review.html", html.deck_policy())
        case Format.PDF:
            return Export(pdf.document(sheet(out), out.stamp.at), "application/pdf", f"{name}.pdf")
        case Format.SLIDES_PDF:
            return Export(pdf.deck(boards(out), out.stamp.at), "application/pdf", f"{name}-review.pdf")


def _page(page: str, filename: str, policy: str) -> Export:
    return Export(page.encode(errors="replace"), "text/html; charset=utf-8", filename, policy)


def _name(out: Outgoing) -> str:
    reference = re.sub(r"[^A-Za-z0-9-]+", "-", out.reference).strip("-")
    return f"{reference or 'postmortem'}-postmortem-r{out.stamp.revision}"
