"""Where a page's documents are: under ``/status/<slug>``, at the root of its own host, or in a folder of files."""

from __future__ import annotations

from dataclasses import dataclass

from firebell.domain.statuspage.model import StatusPage


@dataclass(frozen=True, slots=True)
class Place:
    """``home`` is the page's one absolute address. ``root`` is what links within it begin with.

    ``files``: links lead to folders with an ``index.html``, as a plain web server finds them. ``house``: the host name
    of this installation, whatever the page's own. ``report``: where strangers report a problem, empty when they cannot.
    """

    home: str
    root: str
    files: bool = False
    house: str = "localhost"
    report: str = ""

    @property
    def front(self) -> str:
        return f"{self.root}/" if self.files else self.root or "/"

    def document(self, name: str) -> str:
        """A document of the page: ``history.atom``, ``badge.svg``, ``api/v2/summary.json``."""
        return f"{self.root}/{name}"

    def history(self, month: str = "") -> str:
        """The history, of one month (``2026-03``) if given. Among files there is one page of history."""
        if self.files:
            return f"{self.root}/history/"
        return f"{self.root}/history/{month}" if month else f"{self.root}/history"

    def incident(self, code: str) -> str:
        return f"{self.root}/incidents/{code}{'/' if self.files else ''}"

    def subscribe(self) -> str:
        """Where a form leads that only Firebell itself can take."""
        return f"{self.home}/subscribe" if self.files else f"{self.root}/subscribe"

    def within(self, depth: int) -> Place:
        """The same as seen from a file ``depth`` folders down."""
        return Place(self.home, "/".join([".."] * depth) or ".", True, self.house, self.report)


def home_of(page: StatusPage, base_url: str) -> str:
    """The page's one absolute address, without a slash at the end."""
    return f"https://{page.domain}" if page.domain else f"{base_url}/status/{page.slug}"
