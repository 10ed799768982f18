"""Sums over sliding windows that are kept, not computed anew: a tick costs a few additions per window.

One :class:`Running` holds the slots of the longest burn-rate window in memory, and of longer windows (the period)
only their sums; the slots that leave those are read back an hour at a time. Sums are whole numbers, so that adding and
taking away for months leaves exactly what adding up once would give.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence

from firebell.domain.slo.burn import Reading
from firebell.domain.slo.coverage import coverage
from firebell.domain.slo.tally import Slot, Tally

UNKNOWN = -1
CHUNK_S = 3600
KEPT_MAX_S = 3 * 86_400
"""Windows up to this long are kept slot by slot: the default set's longest. Per slot 16 bytes."""

Leaving = Callable[[int, int], Iterable[Slot]]
"""``(start, end)`` in seconds since 1970 → the stored slots that start in ``[start, end)``, in any order."""


class Running:
    """The windows of one objective. All lengths in seconds and whole multiples of ``slot_s``.

    Slots lie on whole multiples of ``slot_s`` from ``origin``, as slices do from a calendar's start.

    ``end`` is where every window ends now (the end of the newest settled slot), ``first`` the start of the first data
    ever seen, ``newest_end`` the end of the newest. Begin with :meth:`begin`, then :meth:`advance` each tick.
    """

    __slots__ = ("_bad", "_grown", "_kept", "_sums", "_tail", "_tail_from", "_tail_until", "_total", "end", "first",
                 "newest_end", "origin", "since", "slot_s", "windows")  # fmt: skip

    def __init__(
        self, windows: Sequence[int], slot_s: int, end: int, first: int | None = None, *, origin: int = 0
    ) -> None:
        if (end - origin) % slot_s or any(one % slot_s or one <= 0 for one in windows):
            raise ValueError("windows and their end are whole slots")
        self.windows = tuple(sorted(set(windows)))
        self.slot_s = slot_s
        self.origin = origin
        self.end = end
        self.first = first
        self.newest_end: int | None = None
        self.since: int | None = None
        self._grown = [0, 0, 0]
        short = [one for one in self.windows if one <= KEPT_MAX_S]
        self._kept = max(short, default=slot_s) // slot_s
        self._bad = array("q", bytes(8 * self._kept))
        self._total = array("q", [UNKNOWN]) * self._kept
        self._sums = {one: [0, 0, 0] for one in self.windows}
        self._tail: dict[int, dict[int, tuple[int, int]]] = {one: {} for one in self.windows if one > KEPT_MAX_S}
        self._tail_from = dict.fromkeys(self._tail, 0)
        self._tail_until = dict.fromkeys(self._tail, 0)

    @classmethod
    def begin(
        cls,
        windows: Sequence[int],
        slot_s: int,
        end: int,
        recent: Iterable[Slot],
        sums: Mapping[int, Tally],
        first: int | None,
        *,
        origin: int = 0,
    ) -> Running:
        """As of ``end``. ``recent``: the stored slots of the last :data:`KEPT_MAX_S`; ``sums``: of each longer window.

        A longer window without its sum is a ValueError: it would count only what is recent.
        """
        made = cls(windows, slot_s, end, first, origin=origin)
        if not made._tail.keys() <= sums.keys():
            raise ValueError("the sums of the longer windows are needed")
        kept, since = made._kept, end - made._kept * slot_s
        bad, total = [0] * kept, [UNKNOWN] * kept
        for slot in recent:
            if since <= slot.start < end:
                bad[(slot.start - since) // slot_s] = slot.bad
                total[(slot.start - since) // slot_s] = slot.total
                made._seen(slot.start)
        for window in made.windows:
            if window in made._tail:
                found = sums[window]
                made._sums[window] = [found.bad, found.total, found.covered]
                continue
            last = total[-(window // slot_s) :]
            unknown = last.count(UNKNOWN)
            made._sums[window] = [
                sum(bad[-(window // slot_s) :]), sum(last) - unknown * UNKNOWN, len(last) - unknown,
            ]  # fmt: skip
        turn = kept - since // slot_s % kept
        made._bad, made._total = array("q", bad[turn:] + bad[:turn]), array("q", total[turn:] + total[:turn])
        return made

    def advance(self, end: int, arriving: Iterable[Slot], leaving: Leaving) -> None:
        """Move to ``end``. ``arriving``: slots that start in ``[self.end, end)``, and late or corrected ones before.

        A corrected slot that is no longer kept slot by slot needs :meth:`correct`. Moving back is a ValueError.
        """
        if end < self.end or (end - self.origin) % self.slot_s:
            raise ValueError("windows move forward by whole slots")
        kept_s = self._kept * self.slot_s
        leaps = end - self.end >= kept_s
        if leaps:
            self._leap(end, leaving)
        else:
            while self.end < end:
                self._step(leaving)
        for slot in arriving:
            if slot.start + self.slot_s > end:
                continue
            if slot.start < end - kept_s:
                if leaps:
                    continue
                raise ValueError("that slot is no longer kept; use correct()")
            self._put(slot)

    def correct(self, start: int, before: Slot | None, after: Slot | None) -> None:
        """History was replaced: the slot that starts at ``start`` was ``before`` and is ``after``."""
        if start + self.slot_s > self.end:
            return
        if after is not None and (self.first is None or start < self.first):
            self.first = start
        if start >= self.end - self._kept * self.slot_s:
            self._set(start, UNKNOWN if after is None else after.total, 0 if after is None else after.bad)
            return
        for sums in self._sums_with(start):
            for slot, sign in ((before, -1), (after, 1)):
                if slot is not None:
                    sums[0] += sign * slot.bad
                    sums[1] += sign * slot.total
                    sums[2] += sign
        self._mend_tails(start, after)

    def grow_from(self, since: int, found: Tally) -> None:
        """Also add up everything that starts at or after ``since``: a calendar window. ``found`` is what there is of
        it already; at the edge call it again with the next start and nothing."""
        self.since, self._grown = since, [found.bad, found.total, found.covered]

    @property
    def grown(self) -> Tally:
        """The sums since :attr:`since`."""
        bad, total, covered = self._grown
        return Tally(bad, total, covered)

    def tally(self, window: int) -> Tally:
        """The sums of one window."""
        bad, total, covered = self._sums[window]
        return Tally(bad, total, covered)

    def elapsed_s(self, window: int) -> int:
        """How much of the window lies after the first data."""
        return 0 if self.first is None else max(0, min(window, self.end - self.first))

    def reading(self, window: int) -> Reading:
        """What the burn-rate rules want to know of one window."""
        found, elapsed = self.tally(window), self.elapsed_s(window)
        return Reading(window, found, elapsed, coverage(found.covered, elapsed // self.slot_s))

    def readings(self) -> dict[int, Reading]:
        return {window: self.reading(window) for window in self.windows}

    # ---- inside

    def _step(self, leaving: Leaving) -> None:
        """One slot on: what falls out of each window is taken away, and the new slot is unknown so far."""
        for window, sums in self._sums.items():
            start = self.end - window
            if window in self._tail:
                gone = self._left(window, start, leaving)
            else:
                place = start // self.slot_s % self._kept
                gone = None if self._total[place] == UNKNOWN else (self._bad[place], self._total[place])
            if gone is not None:
                sums[0] -= gone[0]
                sums[1] -= gone[1]
                sums[2] -= 1
        place = self.end // self.slot_s % self._kept
        self._bad[place], self._total[place] = 0, UNKNOWN
        self.end += self.slot_s

    def _mend_tails(self, start: int, after: Slot | None) -> None:
        for window, chunk in self._tail.items():
            if self._tail_from[window] <= start < self._tail_until[window]:
                chunk.pop(start, None)
                if after is not None:
                    chunk[start] = (after.bad, after.total)

    def _left(self, window: int, start: int, leaving: Leaving) -> tuple[int, int] | None:
        if not self._tail_from[window] <= start < self._tail_until[window]:
            until = start + max(CHUNK_S, self.slot_s)
            self._tail[window] = {slot.start: (slot.bad, slot.total) for slot in leaving(start, until)}
            self._tail_from[window], self._tail_until[window] = start, until
        return self._tail[window].pop(start, None)

    def _leap(self, end: int, leaving: Leaving) -> None:
        """So far on that nothing that is kept stays: after a long stop."""
        kept_s = self._kept * self.slot_s
        for window, sums in self._sums.items():
            if window not in self._tail or end - self.end >= window:
                self._sums[window] = [0, 0, 0]
                continue
            for slot in leaving(self.end - window, end - window):
                sums[0] -= slot.bad
                sums[1] -= slot.total
                sums[2] -= 1
        for window in self._tail:
            self._tail[window], self._tail_from[window], self._tail_until[window] = {}, 0, 0
        self._bad = array("q", bytes(8 * self._kept))
        self._total = array("q", [UNKNOWN]) * self._kept
        # What lies between the old end and what is kept now belongs to the longer windows all the same.
        between = range(self.end, end - kept_s)
        self.end = end
        if not between:
            return
        longer = [(self._sums[window], end - window) for window in self._tail]
        if self.since is not None:
            longer.append((self._grown, self.since))
        for sums, since in longer:
            for slot in leaving(max(between.start, since), between.stop):
                sums[0] += slot.bad
                sums[1] += slot.total
                sums[2] += 1

    def _put(self, slot: Slot) -> None:
        self._set(slot.start, slot.total, slot.bad)
        self._seen(slot.start)

    def _seen(self, start: int) -> None:
        if self.first is None or start < self.first:
            self.first = start
        if self.newest_end is None or start + self.slot_s > self.newest_end:
            self.newest_end = start + self.slot_s

    def _set(self, start: int, total: int, bad: int) -> None:
        place = start // self.slot_s % self._kept
        was_total, was_bad = self._total[place], self._bad[place]
        self._total[place], self._bad[place] = total, bad
        covered = (total != UNKNOWN) - (was_total != UNKNOWN)
        self._mend_tails(start, None if total == UNKNOWN else Slot(start, bad, total))
        more_bad = bad - was_bad
        more_total = max(total, 0) - max(was_total, 0)
        for sums in self._sums_with(start):
            sums[0] += more_bad
            sums[1] += more_total
            sums[2] += covered

    def _sums_with(self, start: int) -> list[list[int]]:
        """Those that the slot at ``start`` belongs to."""
        found = [sums for window, sums in self._sums.items() if start >= self.end - window]
        if self.since is not None and start >= self.since:
            found.append(self._grown)
        return found
