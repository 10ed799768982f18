"""The why-tree and the contributing factors, being worked on: one page each, a form for every verb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.postmortems.model import Factor, stamp
from firebell.domain.services import queries as services
from firebell.entrypoints.web import postmortem_desk, postmortem_tree
from firebell.entrypoints.web import postmortem_words as words
from firebell.entrypoints.web.drafts import Choices, Draft
from firebell.entrypoints.web.postmortem_desk import Desk
from firebell.entrypoints.web.postmortem_tree import Tree
from firebell.entrypoints.web.session import Browser, Here
from firebell.kernel.actor import Permission
from firebell.kernel.work import Read
from firebell.workflows import postmortems_seen

router = APIRouter()
CHECKS: Mapping[str, str] = {
    "W1": "A leaf is a condition, not a person, a team or a wish", "W2": "Each answer has evidence",
    "W3": "An answer says more than its question", "W4": "It says what was, not what might have been",
    "W5": "More than one branch", "W6": "One branch asks about detection or mitigation",
    "W7": "A leaf is something that can be changed here", "W8": "Each leaf has an action, or its risk is accepted",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class WhysPage:
    """``failing``: the checks that do not hold yet, by their number."""

    desk: Desk
    tree: Tree
    failing: frozenset[str]

    @property
    def checks(self) -> Mapping[str, str]:
        return CHECKS


@dataclass(frozen=True, slots=True)
class FactorRow:
    factor: Factor
    was: str


@dataclass(frozen=True, slots=True)
class FactorsPage:
    """``kinds``: the classes a factor can have, the installation's own among them."""

    desk: Desk
    rows: Sequence[FactorRow]
    kinds: Choices
    whys: Choices
    services: Choices


@router.get("/postmortems/{key}/whys")
def whys(here: Here, key: str) -> Response:
    return whys_page(here, key)


def whys_page(here: Browser, key: str, refused: str = "", draft: Draft | None = None, status: int = 200) -> Response:
    """The tree; after a refusal with the form ``refused`` as it was sent."""

    def look(read: Read) -> WhysPage:
        desk = postmortem_desk.look(here, read, key, {refused: draft} if draft else {}, refused)
        tree = postmortem_tree.tree(desk.pm.document, desk.pm.peak, postmortems_seen.names(read, desk.pm))
        failing = {str(one.check) for one in tree.problems}
        return WhysPage(desk, tree, frozenset(failing | set(_checks(tree.root))))

    view = here.read(look)
    return here.page(
        "postmortems/whys.html", view, title=f"Why-tree: {view.desk.pm.reference}", nav="postmortems", status=status
    )


def _checks(node: postmortem_tree.Node | None) -> list[str]:
    if node is None:
        return []
    return [str(one.check) for one in node.problems] + [check for child in node.children for check in _checks(child)]


@router.get("/postmortems/{key}/factors")
def factors(here: Here, key: str) -> Response:
    return factors_page(here, key)


def factors_page(here: Browser, key: str, refused: str = "", draft: Draft | None = None, status: int = 200) -> Response:
    """Contributing factors, and what set it off, found it and ended it."""

    def look(read: Read) -> FactorsPage:
        desk = postmortem_desk.look(here, read, key, {refused: draft} if draft else {}, refused)
        document = desk.pm.document
        own = [(one.kind, one.kind) for one in document.factors if one.kind not in words.FACTORS]
        may = here.may(Permission.SERVICES_VIEW)
        offered = [(s.id, s.display_name) for s in services.services(read)] if may else []
        first = set(desk.pm.service_ids)
        return FactorsPage(
            desk, [FactorRow(one, stamp(one)) for one in document.factors],
            [*words.FACTORS.items(), *dict.fromkeys(own)],
            [(one.id, one.condition[:80]) for one in document.whys if one.parent is not None],
            sorted(offered, key=lambda one: one[0] not in first),
        )  # fmt: skip

    view = here.read(look)
    return here.page(
        "postmortems/factors.html", view, title=f"Factors: {view.desk.pm.reference}", nav="postmortems", status=status
    )
