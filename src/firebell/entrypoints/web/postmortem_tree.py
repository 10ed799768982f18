"""The why-tree as it is drawn: nodes in reading order, what speaks against each, and which action changes it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from firebell.domain.postmortems import blameless, whys
from firebell.domain.postmortems.actions import ActionState
from firebell.domain.postmortems.blameless import Names
from firebell.domain.postmortems.model import Document, Factor, Why, stamp
from firebell.domain.postmortems.whys import Problem

MAJOR = ("SEV1", "SEV2")


@dataclass(frozen=True, slots=True)
class Node:
    """One answer with what it was made possible by. ``was`` is its stamp, which a form carries back."""

    why: Why
    children: Sequence[Node]
    problems: Sequence[Problem]
    factors: Sequence[Factor]
    actions: Sequence[str]
    depth: int
    was: str

    @property
    def root(self) -> bool:
        return self.why.parent is None

    @property
    def leaf(self) -> bool:
        return not self.children and not self.root


@dataclass(frozen=True, slots=True)
class Tree:
    """``root`` is ``None`` while there is none. ``problems``: what the whole tree lacks. ``places``: (id, words) of
    where a node can be moved to."""

    root: Node | None
    problems: Sequence[Problem]
    valid: bool
    places: Sequence[tuple[str, str]]
    answers: int

    def below(self, why_id: str) -> Collection[str]:
        """The node and everything below it: where it cannot be moved to."""
        found: set[str] = set()

        def walk(node: Node, inside: bool) -> None:
            inside = inside or node.why.id == why_id
            if inside:
                found.add(node.why.id)
            for child in node.children:
                walk(child, inside)

        if self.root is not None:
            walk(self.root, False)
        return found


def tree(document: Document, peak: str, names: Names = blameless.NOBODY) -> Tree:
    """The tree of a document, checked."""
    found = whys.check(document.whys, document.actions, document.factors, major=peak in MAJOR, names=names)
    by_id: dict[str, list[Problem]] = {}
    for one in found:
        by_id.setdefault(one.why_id, []).append(one)
    root = next((one for one in document.whys if one.parent is None), None)
    acting = _acting(document)
    node = _node(root, document, by_id, acting, 0) if root is not None else None
    return Tree(
        node, by_id.get("", []), whys.valid(found),
        [(one.id, f"{'· ' * whys.depth(document.whys, one.id)}{one.condition[:70]}") for one in _ordered(node)],
        len(document.whys) - (root is not None),
    )  # fmt: skip


def _ordered(node: Node | None) -> Iterator[Why]:
    if node is not None:
        yield node.why
        for child in node.children:
            yield from _ordered(child)


def _node(
    why: Why,
    document: Document,
    problems: Mapping[str, Sequence[Problem]],
    acting: Mapping[str, Sequence[str]],
    depth: int,
) -> Node:
    children = [
        _node(one, document, problems, acting, depth + 1)
        for one in document.whys
        if one.parent == why.id and depth < whys.NODES_MAX
    ]
    factors = [one for one in document.factors if why.id in one.why_ids]
    return Node(
        why=why, children=children, problems=problems.get(why.id, []), factors=factors,
        actions=acting.get(why.id, []), depth=depth, was=stamp(why),
    )  # fmt: skip


def _acting(document: Document) -> dict[str, list[str]]:
    """Texts of the actions that change a node: named by the action itself, or through a factor."""
    of_factor = {one.id: one.why_ids for one in document.factors}
    found: dict[str, list[str]] = {}
    for item in document.actions:
        if item.state is ActionState.DECLINED:
            continue
        for ref in item.factor_ids:
            for why_id in {ref, *of_factor.get(ref, ())}:
                found.setdefault(why_id, []).append(item.text)
    return found
