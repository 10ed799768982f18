"""What stands between a text and its readers: every row of incidents.md 8.4, each with its reason in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from firebell.domain.comms import duplicates, wording
from firebell.domain.comms.compose import UNKNOWN
from firebell.domain.comms.model import Audience, Finding, Level, NewUpdate, Situation
from firebell.kernel.clock import Instant, micros

ALLOWED: Mapping[str, frozenset[str]] = {
    "triage": frozenset({"investigating", "identified"}),
    "responding": frozenset({"investigating", "identified"}),
    "mitigated": frozenset({"monitoring"}),
}
OVER = frozenset({"resolved", "postmortem"})
"""What a public post may say in each phase; after them only :data:`OVER`."""

INSIDE: Mapping[str, frozenset[str]] = {
    "triage": frozenset({"investigating", "mitigating"}),
    "responding": frozenset({"investigating", "mitigating"}),
    "mitigated": frozenset({"mitigating"}),
}


@dataclass(frozen=True, slots=True)
class Looking:
    """What the checks look at. ``previous``: the texts this audience was sent, oldest first. ``people``: names;
    ``services``: internal names; ``public_names``: what customers know (components, the page, its hosts).
    ``first``: nothing public was posted yet. ``by_commander``: the IC says it."""

    situation: Situation
    new: NewUpdate
    now: Instant
    zone: str = "UTC"
    previous: Sequence[str] = ()
    people: Sequence[str] = ()
    services: Sequence[str] = ()
    public_names: Sequence[str] = ()
    component_names: Sequence[str] = ()
    first: bool = False
    by_commander: bool = False

    @property
    def public(self) -> bool:
        return self.new.audience == Audience.PUBLIC

    @property
    def text(self) -> str:
        return f"{self.new.title}\n{self.new.body}" if self.public else self.new.body

    def level(self, inside: Level | None) -> Level | None:
        """Block for the public, ``inside`` for everybody else."""
        return Level.BLOCK if self.public else inside


def check(looking: Looking) -> list[Finding]:
    """Everything the checks find, blocks first."""
    found = [one for row in ROWS for one in row(looking)]
    return sorted(found, key=lambda one: one.level != Level.BLOCK)


def blocking(findings: Sequence[Finding], overrides: Mapping[str, str]) -> list[Finding]:
    """The blocks that stand, given the reasons for which some are overruled."""
    return [
        one
        for one in findings
        if one.level == Level.BLOCK and not (one.overridable and overrides.get(one.check, "").strip())
    ]


# ---------------------------------------------------------------- the rows


def _next_update(at: Looking) -> Iterator[Finding]:
    new = at.new
    if new.final:
        return
    if new.next_update_by is None:
        yield Finding(
            check="next_update", level=Level.BLOCK, message="Say when the next update comes, or mark this one as final."
        )
        return
    if micros(new.next_update_by) <= micros(at.now):
        yield Finding(
            check="next_update", level=Level.BLOCK, message="The next update would be due already.", overridable=False
        )
        return
    other = wording.other_time(new.body, at.now, new.next_update_by, at.zone)
    if other:
        yield Finding(
            check="next_update", level=Level.BLOCK, excerpt=other,
            message="The text names another time for the next update than the one that is promised.",
        )  # fmt: skip


def _private(at: Looking) -> Iterator[Finding]:
    if at.public and at.situation.private:
        yield Finding(
            check="private", level=Level.BLOCK, overridable=False,
            message="The incident is private: nothing about it is published.",
        )  # fmt: skip
    code = at.situation.codename
    if at.public and code and wording.named(at.text, [code, *code.split("-")[:1]] if "-" in code else [code]):
        yield Finding(
            check="codename", level=Level.BLOCK, excerpt=code, overridable=False,
            message="The codename of a private incident stays inside.",
        )  # fmt: skip


def _impact(at: Looking) -> Iterator[Finding]:
    if at.new.impact.strip() or (at.public and at.first and at.component_names):
        return
    level = at.level(Level.WARN)
    if level is not None:
        yield Finding(check="impact", level=level, message="Say what does not work, and for whom.")


def _eta(at: Looking) -> Iterator[Finding]:
    agreed = at.situation.eta.strip() if at.situation.eta_by else ""
    said = at.new.eta.strip()
    in_text = wording.ETA.search(at.new.body)
    consented = at.by_commander or (bool(agreed) and said in ("", agreed))
    if said and said.lower() != UNKNOWN and not consented:
        excerpt = said
    elif in_text and not at.by_commander and (not agreed or agreed.lower() not in in_text[0].lower()):
        excerpt = in_text[0].strip()
    else:
        return
    yield Finding(
        check="eta", level=Level.BLOCK, excerpt=excerpt,
        message="The Incident Commander has not agreed to this time of recovery.",
    )  # fmt: skip


def _internals(at: Looking) -> Iterator[Finding]:
    if not at.public:
        return
    known = [name.lower() for name in (*at.public_names, *at.component_names)]
    services = [name for name in at.services if not any(name.lower() in one for one in known)]
    found = (
        ("host names", wording.hosts(at.text, at.public_names)),
        ("internal service names", wording.named(at.text, services)),
        ("ticket ids", wording.tickets(at.text)),
        ("e-mail addresses", [one[0] for one in wording.EMAIL.finditer(at.text)]),
        ("IP addresses", wording.addresses(at.text)),
    )
    for what, where in found:
        if where:
            yield Finding(
                check="internals", level=Level.BLOCK, excerpt=", ".join(dict.fromkeys(where)),
                message=f"Customers have no use for {what}.",
            )  # fmt: skip


def _person(at: Looking) -> Iterator[Finding]:
    text = at.text
    if not at.public and at.situation.commander_name:
        # The internal template names the commander.
        text = text.replace(f"Incident Commander: {at.situation.commander_name}", " ")
    found = wording.people(text, at.people)
    if found:
        yield Finding(
            check="person", level=Level.BLOCK if at.public else Level.WARN, excerpt=", ".join(dict.fromkeys(found)),
            message="Name the role, not the person.", overridable=not at.public,
        )  # fmt: skip


def _cause(at: Looking) -> Iterator[Finding]:
    said = wording.CAUSE.search(at.text)
    if at.public and said and not at.situation.identified and at.new.status == "investigating":
        yield Finding(
            check="cause", level=Level.WARN, excerpt=said[0], message="A cause is asserted before it is identified."
        )


def _outage(at: Looking) -> Iterator[Finding]:
    said = wording.OUTAGE.search(at.text)
    states = set(at.new.components.values())
    partial = "major_outage" not in states if states else at.situation.severity != "SEV1"
    if at.public and said and partial:
        yield Finding(
            check="outage", level=Level.WARN, excerpt=said[0],
            message='Not everything is down: "degradation" says it better.',
        )  # fmt: skip


def _amount(at: Looking) -> Iterator[Finding]:
    if not wording.amounts(f"{at.new.body}\n{at.new.impact}"):
        yield Finding(
            check="amount",
            level=Level.WARN,
            message="No number says who, what or where is affected: a share, a region.",
        )


def _action(at: Looking) -> Iterator[Finding]:
    if not at.public:
        return
    if not wording.ACTION.search(at.new.body):
        yield Finding(
            check="action", level=Level.WARN, message='Say what readers should do; "no action needed" is an answer.'
        )
    if at.new.status not in OVER and not wording.WORKAROUND.search(at.new.body):
        yield Finding(
            check="workaround", level=Level.WARN, message='Say how to work around it; "none known" is an answer.'
        )


def _status(at: Looking) -> Iterator[Finding]:
    said, phase = at.new.status.lower(), at.situation.phase
    allowed = (ALLOWED if at.public else INSIDE).get(phase, OVER)
    level = Level.BLOCK if at.public else Level.WARN
    if said not in allowed:
        yield Finding(
            check="status", level=level, excerpt=at.new.status,
            message=f"The incident is {phase}: that goes with {' or '.join(sorted(allowed))}.",
        )  # fmt: skip
        return
    claim = wording.RESOLVED.search(at.new.body)
    if claim and said not in OVER and not wording.NOT_RESOLVED.search(at.new.body):
        yield Finding(
            check="status", level=level, excerpt=claim[0], message=f"The text says resolved, the status says {said}."
        )
    worst = {state for state in at.new.components.values() if state != "operational"}
    if at.public and said in OVER and worst:
        yield Finding(
            check="status", level=level, excerpt=", ".join(sorted(worst)),
            message="Resolved, and a component is not operational.",
        )  # fmt: skip


def _duplicate(at: Looking) -> Iterator[Finding]:
    if not at.previous:
        return
    alike = duplicates.likeness(at.previous[-1], at.new.body)
    if alike is duplicates.Likeness.SAME:
        yield Finding(
            check="duplicate", level=Level.BLOCK,
            message="This is the last update again. Add one true thing: what was ruled out, what is under way.",
        )  # fmt: skip
        return
    if alike is duplicates.Likeness.CLOSE:
        yield Finding(check="duplicate", level=Level.WARN, message="This says almost the same as the last update.")
    for sentence in duplicates.worn_out(at.previous, at.new.body):
        yield Finding(
            check="duplicate", level=Level.WARN, excerpt=sentence, message="This sentence is used for the third time."
        )


def _phrases(at: Looking) -> Iterator[Finding]:
    if not at.public:
        return
    if stock := wording.STOCK.search(at.text):
        yield Finding(
            check="phrases", level=Level.WARN, excerpt=stock[0], message="A stock phrase: say what is being done."
        )
    if other := wording.THIRD_PARTY.search(at.text):
        yield Finding(
            check="third_party", level=Level.WARN, excerpt=other[0], message="A third party is named: is that agreed?"
        )


def _loss(at: Looking) -> Iterator[Finding]:
    if at.public and at.new.status == "resolved" and not wording.LOSS.search(at.new.body):
        yield Finding(
            check="data_loss", level=Level.BLOCK,
            message="Say whether data was lost or effects linger, or that there is neither.",
        )  # fmt: skip


ROWS: tuple[Callable[[Looking], Iterator[Finding]], ...] = (
    _private, _next_update, _impact, _eta, _internals, _person, _cause, _outage, _amount, _action, _status, _duplicate,
    _phrases, _loss,
)  # fmt: skip
