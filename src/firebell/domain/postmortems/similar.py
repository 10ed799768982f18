"""Which incidents are alike, and in what (postmortems.md 7). Suggested with the parts shown; never linked by itself.

``s = 0.35 service + 0.30 Jaccard(factors) + 0.25 cosine(text) + 0.10 [same trigger]``

The text is masked first, so that two incidents are not alike because they name the same host. Weights are tf-idf: tf is
a count, idf = ln((1 + N) / (1 + df)) + 1, vectors have length 1. An :class:`Index` is a value made from all documents;
making it again after a save costs little, since every document's words are counted once.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from firebell.domain.postmortems.stopwords import STOP_WORDS
from firebell.kernel.clock import Instant, seconds_between

SERVICE, FACTORS, TEXT, TRIGGER = 0.35, 0.30, 0.25, 0.10
DEPENDENCY = 0.5
THRESHOLD = 0.45
BEST = 5
WINDOW_S = 365 * 86_400
_ROUND = 1e-9
"""Two ways of adding up the same parts may differ in the last digit; the threshold is met by both."""

_URL = re.compile(r"\b(?:https?|ssh|ftp)://\S+|\bwww\.\S+", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.IGNORECASE)
_PIECE_MAX = 100
_MONTHS = re.compile(
    r"\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """What of an incident is compared. ``words`` come from :func:`masked`; ``private`` ones are for members.
    ``mechanisms``, which other services share, are kept beside it for the verdict and not compared."""

    id: str
    title: str = ""
    at: Instant
    service_ids: frozenset[str] = frozenset()
    factors: frozenset[str] = frozenset()
    trigger: str = ""
    words: tuple[str, ...] = ()
    mechanisms: frozenset[str] = frozenset()
    private: bool = False


class Alike(msgspec.Struct, frozen=True, kw_only=True):
    """One suggestion with its parts, each 0 to 1. ``shared_words`` are the five that weigh most."""

    id: str
    score: float
    service: float
    factors: float
    text: float
    trigger: float
    shared_services: tuple[str, ...] = ()
    shared_factors: tuple[str, ...] = ()
    shared_words: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """The parts that count, as phrases in the order of their weight in the sum."""
        said = (
            (SERVICE * self.service, "same service" if self.service == 1 else "a direct dependency"),
            (FACTORS * self.factors, f"factors in common: {', '.join(self.shared_factors)}"),
            (TEXT * self.text, f"words in common: {', '.join(self.shared_words)}"),
            (TRIGGER * self.trigger, "same trigger"),
        )
        return tuple(words for weight, words in sorted(said, key=lambda one: -one[0]) if weight > 0)


@lru_cache(maxsize=32)
def _names(names: frozenset[str]) -> re.Pattern[str] | None:
    longest_first = sorted(names, key=lambda one: (-len(one), one))
    every = "|".join(re.escape(name) for name in longest_first if name.strip())
    return re.compile(rf"(?<!\w)(?:{every})(?!\w)", re.IGNORECASE) if every else None


def masked(text: str, names: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The words of ``text`` that may be compared, in order.

    Gone are ``names`` (people, services, hosts, codenames), URLs, hosts, addresses, numbers, dates and stop words.
    """
    text = _URL.sub(" ", text)
    pattern = _names(names)
    if pattern is not None:
        text = pattern.sub(" ", text)
    pieces = " ".join(piece for piece in _MONTHS.sub(" ", text).split() if _says(piece))
    return tuple(word for word in _WORD.findall(pieces.lower()) if word not in STOP_WORDS)


def _says(piece: str) -> bool:
    """Whether a piece between blanks is words: no number, address or host, and no blob."""
    if len(piece) > _PIECE_MAX or "@" in piece or any(char.isdigit() for char in piece):
        return False
    return "." not in piece or _HOST.fullmatch(piece.strip(".,;:!?()[]\"'“”")) is None


def idf(documents: int, holding: int) -> float:
    """ln((1 + N) / (1 + df)) + 1."""
    return math.log((1 + documents) / (1 + holding)) + 1


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared over all; of two empty sets 0."""
    shared = len(one & other) if not one.isdisjoint(other) else 0
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def service_part(one: frozenset[str], other: frozenset[str], depends: Mapping[str, frozenset[str]]) -> float:
    """1 for a service in common, 0.5 for a direct dependency in either direction, else 0."""
    if one & other:
        return 1.0
    return DEPENDENCY if _neighbours(one, depends) & other else 0.0


def score(service: float, factors: float, text: float, *, trigger: bool) -> float:
    """The sum of the parts."""
    return SERVICE * service + FACTORS * factors + TEXT * text + TRIGGER * trigger


@dataclass(frozen=True, slots=True)
class Index:
    """All signatures with their words counted. ``counts`` and ``lengths`` go with ``documents``; the length of a
    weighed vector is worked out when it is first asked for (until then it is negative), since few ever are."""

    documents: tuple[Signature, ...]
    counts: tuple[Mapping[str, int], ...]
    lengths: list[float]
    idfs: Mapping[str, float]
    depends: Mapping[str, frozenset[str]]

    def length(self, position: int) -> float:
        """Of the weighed vector of the document at ``position``."""
        if self.lengths[position] < 0:
            idfs = self.idfs
            self.lengths[position] = _length(n * idfs[word] for word, n in self.counts[position].items())
        return self.lengths[position]

    def vector(self, words: Sequence[str]) -> dict[str, float]:
        """The tf-idf vector of ``words``, length 1; words no document holds weigh the most."""
        unknown = idf(len(self.documents), 0)
        weights = {word: count * self.idfs.get(word, unknown) for word, count in Counter(words).items()}
        length = _length(weights.values())
        return {word: weight / length for word, weight in weights.items()} if length else {}


def index(
    documents: Iterable[Signature],
    depends: Mapping[str, frozenset[str]] | None = None,
    counted: Mapping[str, Mapping[str, int]] | None = None,
) -> Index:
    """An index over ``documents``. ``depends``: service → the services it directly depends on; ``counted``: words that
    were counted before, by the id of their document."""
    kept = tuple(documents)
    known = counted or {}
    counts = tuple(known.get(one.id) or Counter(one.words) for one in kept)
    holding = Counter(word for count in counts for word in count)
    idfs = {word: idf(len(kept), number) for word, number in holding.items()}
    return Index(kept, counts, [-1.0] * len(kept), idfs, depends or {})


def _length(weights: Iterable[float]) -> float:
    return math.sqrt(sum(weight * weight for weight in weights))


def find(
    asked: Signature,
    within: Index,
    *,
    may_see: Callable[[Signature], bool] = lambda one: not one.private,
    threshold: float = THRESHOLD,
    best: int = BEST,
    window_s: float | None = WINDOW_S,
) -> tuple[Alike, ...]:
    """The ``best`` documents at or above ``threshold``, most alike first, from the window before ``asked`` (both ways
    with ``None``). ``asked`` itself is left out. ``may_see`` decides on every document, private or not."""
    vector = within.vector(asked.words)
    found = _hits(asked, within, vector, may_see, threshold, window_s)
    return tuple(
        _alike(asked, position, -negative, vector, within) for negative, _, position in heapq.nsmallest(best, found)
    )


def scores(asked: Signature, within: Index, window_s: float | None = WINDOW_S) -> list[tuple[str, float]]:
    """(id, score) of every document at or above the threshold, in the index's order; the actor may see them all. For
    counting, which needs no parts."""
    found = _hits(asked, within, within.vector(asked.words), lambda _: True, THRESHOLD, window_s)
    return [(id_, -negative) for negative, id_, _ in found]


def _hits(
    asked: Signature, within: Index, vector: Mapping[str, float], may_see: Callable[[Signature], bool],
    threshold: float, window_s: float | None,
) -> list[tuple[float, str, int]]:  # fmt: skip
    """(score below zero, id, position) of the documents at or above ``threshold``."""
    # The words are a quarter of the sum at most: they are compared only where the rest makes that matter.
    rest = threshold - TEXT - _ROUND
    near = _neighbours(asked.service_ids, within.depends)
    found: list[tuple[float, str, int]] = []
    for position, one in enumerate(within.documents):
        services = 0.0
        if not asked.service_ids.isdisjoint(one.service_ids):
            services = 1.0
        elif not near.isdisjoint(one.service_ids):
            services = DEPENDENCY
        factors = jaccard(asked.factors, one.factors)
        trigger = bool(asked.trigger) and one.trigger == asked.trigger
        if score(services, factors, 0.0, trigger=trigger) < rest or one.id == asked.id:
            continue
        if not _in_window(asked, one, window_s):
            continue
        total = score(services, factors, _cosine(vector, position, within), trigger=trigger)
        if total + _ROUND >= threshold and may_see(one):
            found.append((-total, one.id, position))
    return found


def _neighbours(services: frozenset[str], depends: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """What they depend on, and what depends on them."""
    below = frozenset().union(*(depends.get(one, frozenset()) for one in services))
    return below | {one for one, needs in depends.items() if not services.isdisjoint(needs)}


def _cosine(vector: Mapping[str, float], position: int, within: Index) -> float:
    counts, length = within.counts[position], within.length(position)
    if not length:
        return 0.0
    idfs = within.idfs
    return sum(vector[word] * counts[word] * idfs[word] for word in vector.keys() & counts.keys()) / length


def compare(asked: Signature, other_id: str, within: Index) -> Alike | None:
    """The parts of one pair, whatever the score; ``None`` when the index does not hold the other."""
    found = find(asked, within, may_see=lambda one: one.id == other_id, threshold=0.0, best=1, window_s=None)
    return found[0] if found else None


def _in_window(asked: Signature, one: Signature, window_s: float | None) -> bool:
    return window_s is None or 0 <= seconds_between(one.at, asked.at) <= window_s


def _alike(asked: Signature, position: int, total: float, vector: Mapping[str, float], within: Index) -> Alike:
    one = within.documents[position]
    words = sorted(set(one.words) & set(asked.words), key=lambda word: (-vector.get(word, 0), word))
    return Alike(
        id=one.id, score=total, text=_cosine(vector, position, within),
        service=service_part(asked.service_ids, one.service_ids, within.depends),
        factors=jaccard(asked.factors, one.factors),
        trigger=float(bool(asked.trigger) and asked.trigger == one.trigger),
        shared_services=tuple(sorted(asked.service_ids & one.service_ids)),
        shared_factors=tuple(sorted(asked.factors & one.factors)), shared_words=tuple(words[:5]),
    )  # fmt: skip


def recurred(asked: Signature, within: Index, days: int) -> int:
    """How many earlier incidents of the last ``days`` are alike: what the rates at 30, 90, 180 and 365 days count."""
    return len(scores(asked, within, days * 86_400))
