"""What the sample company has learned: three months of incidents, three of them with a postmortem that people wrote.

Four small ones that needed none, one whose promises were all kept (``STUCK``), the one after it that shows they were
not enough (``SLOW``: published, its promises kept, due, late and declined), and a small one because of it (``AGAIN``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from firebell.demo.lessons import AGAIN, SLOW, STUCK, Promise, Written
from firebell.demo.responses import At, Responses, impact_of
from firebell.demo.stage import Stage
from firebell.domain.comms.model import Audience
from firebell.domain.incidents import verbs as incident
from firebell.domain.incidents.model import CustomerImpact, MilestoneName, Remedy, Severity
from firebell.domain.postmortems import verbs
from firebell.domain.postmortems.model import Document, Evidence, Section
from firebell.kernel.clock import Instant, plus
from firebell.workflows import postmortem_moves, postmortems_seen

MINUTE_S, DAY_S = 60, 86_400
NOTHING = "nothing lingers and no data was lost"
SEEN = "The graph has shown it for long enough."
BEFORE_DAYS = 84
"""How long before now the company was founded: the earliest of its incidents is a little younger."""
LEAD, REVIEWER = "payments-lead", "platform-lead"
SMALL: Sequence[tuple[float, str, Severity, str, str, float, float, Remedy]] = (
    (80.3, "Mails of the shop are late", Severity.SEV3, "queue", "platform-lead", 14, 71, Remedy.WORKAROUND),
    (67.6, "Search misses new articles", Severity.SEV4, "search", "shop-lead", 22, 95, Remedy.FIX),
    (55.4, "The ledger's report is wrong", Severity.SEV3, "ledger", "payments-lead", 9, 48, Remedy.FIX),
    (43.2, "Pictures load slowly in one region", Severity.SEV3, "cdn", "platform-lead", 31, 66, Remedy.FAILOVER),
)
"""Days ago, title, severity, service, commander, minutes to mitigated and to resolved, remedy."""


class Learning:
    """Adds its scenes to a history: ``at(when, play)``. ``responses`` holds the incidents."""

    def __init__(self, stage: Stage, end: Instant, at: At, responses: Responses) -> None:
        self.stage, self.end, self._at, self._responses = stage, end, at, responses

    def add(self, *, before: bool) -> None:
        """``before``: with what happened before the month of history."""
        if before:
            for days, title, severity, service, who, mitigated, resolved, remedy in SMALL:
                self._small(self._ago(days), title, severity, service, who, mitigated, resolved, remedy)
            self._stuck(33.1)
        self._write_slow()
        self._again(2.2)

    def _ago(self, days: float) -> Instant:
        return plus(self.end, -days * DAY_S)

    def _then(self, begins: Instant) -> Callable[[float, Callable[[], None]], None]:
        return lambda minutes, play: self._at(plus(begins, minutes * MINUTE_S), play)

    # ---- the incidents

    def _small(
        self, begins: Instant, title: str, severity: Severity, service: str, who: str, mitigated: float,
        resolved: float, remedy: Remedy,
    ) -> None:  # fmt: skip
        """Without a postmortem, and somebody has said why."""
        tell, key, then = self._responses, title, self._then(begins)
        skip = incident.SkipPostmortem(reason="Small, and its cause was removed the same day.")
        then(0, lambda: tell.declare(key, title, severity, service, who))
        then(3, lambda: tell.do(key, who, incident.TakeCommand()))
        then(4, lambda: tell.do(key, who, incident.SetMilestone(
            name=MilestoneName.IMPACT_STARTED, at=plus(begins, -mitigated / 2 * MINUTE_S))))  # fmt: skip
        then(5, lambda: tell.do(key, who, incident.Edit(impact=title, customer_impact=CustomerImpact.NO)))
        then(mitigated, lambda: tell.do(key, who, incident.Mitigate(remedy=remedy)))
        then(
            resolved,
            lambda: tell.do(
                key, who, incident.Resolve(all_clear="It is well again.", skip="Small enough to see at once.")
            ),
        )
        then(resolved + 30, lambda: tell.do(key, who, skip))
        then(resolved + 31, lambda: tell.do(key, who, incident.Close()))

    def _stuck(self, days: float) -> None:
        """The first time: everything that was promised was done, and it is closed."""
        tell, begins, who, hands, public = self._responses, self._ago(days), LEAD, "payments-b", Audience.PUBLIC
        then, key, title = self._then(begins), "stuck", "Payments take more than two minutes"
        then(0, lambda: tell.declare(key, title, Severity.SEV2, "payment-gateway", hands))
        then(3, lambda: tell.do(key, who, incident.TakeCommand()))
        then(4, lambda: tell.do(key, who, incident.AssignRole(role="comms", user_id=tell.user("payments-c"))))
        then(5, lambda: tell.do(key, who, impact_of("One payment in eight takes more than two minutes")))
        then(5, lambda: tell.do(key, who, incident.SetMilestone(
            name=MilestoneName.IMPACT_STARTED, at=plus(begins, -7 * MINUTE_S))))  # fmt: skip
        then(6, lambda: tell.tell(key, "payments-c", who, public, None, 30, {"payments": "degraded_performance"}))
        then(6, lambda: tell.do(key, hands, incident.AddSizeUp(wrong="the gateway's pool of connections is empty")))
        then(24, lambda: tell.do(key, who, incident.Mitigate(remedy=Remedy.ROLLBACK, note="half as many workers")))
        then(26, lambda: tell.tell(key, "payments-c", who, public, "Payments are fast again. We are watching it.", 30,
             {"payments": "operational"}))  # fmt: skip
        then(50, lambda: tell.do(key, who, incident.Resolve(
            all_clear=f"Payments have been fast for twenty minutes; {NOTHING}.", skip=SEEN)))  # fmt: skip
        then(51, lambda: tell.tell(key, "payments-c", who, public, "Resolved. No data was lost and nothing lingers; "
             "no action is needed from you.", None))  # fmt: skip
        then(60, lambda: tell.do(key, who, incident.StartPostmortem(owner_id=tell.user(LEAD))))
        self._write(key, STUCK, drafted=days - 1, met=days - 4, published=days - 5)
        self._keep(key, STUCK)
        self._at(self._ago(21.5), lambda: self._do(key, REVIEWER, verbs.Close()))
        # The next one opens all of them again. Two are tried once more and hold; the limit has to be another one.
        for item, kept in zip(STUCK.promises[1:], (6.2, 5.6), strict=True):
            again = replace(item, proof=("drill", "https://git.invalid/drills/117", kept))
            self._at(self._ago(kept), lambda again=again: self._close(key, again))  # type: ignore[misc]

    def _write_slow(self) -> None:
        self._write("well", SLOW, drafted=7, met=4.4, published=4.1)
        self._keep("well", SLOW)

    def _again(self, days: float) -> None:
        """A promise is late, and the third time comes before it is kept. Its postmortem is being written."""
        tell, begins, who, title = (
            self._responses,
            self._ago(days),
            "payments-a",
            "Some payments take more than a minute",
        )
        then, key = self._then(begins), "again"
        then(0, lambda: tell.declare(key, title, Severity.SEV3, "payment-gateway", who))
        then(2, lambda: tell.do(key, LEAD, incident.TakeCommand()))
        then(3, lambda: tell.do(key, LEAD, impact_of("3 % of payments take more than a minute")))
        then(3, lambda: tell.do(key, LEAD, incident.SetMilestone(
            name=MilestoneName.IMPACT_STARTED, at=plus(begins, -2 * MINUTE_S))))  # fmt: skip
        then(6, lambda: tell.do(key, LEAD, incident.Edit(summary=(
            "Retries opened connections past the limit: the pool of connections is empty again, as after release 42, "
            "and payments wait for minutes."))))  # fmt: skip
        then(12, lambda: tell.do(key, LEAD, incident.Mitigate(remedy=Remedy.WORKAROUND, note="one provider")))
        then(
            35,
            lambda: tell.do(
                key,
                LEAD,
                incident.Resolve(all_clear="Retries are back to normal.", skip="Small enough to see at once."),
            ),
        )
        then(60, lambda: tell.do(key, LEAD, incident.StartPostmortem(owner_id=tell.user(who))))
        self._at(self._ago(days - 1), lambda: self._draft(key, AGAIN, who))
        self._at(self._ago(days - 1.1), lambda: self._do(key, who, verbs.BookReview(at=plus(self.end, 2 * DAY_S))))

    # ---- their postmortems

    def _write(self, key: str, words: Written, *, drafted: float, met: float, published: float) -> None:
        """Written, sent back once, met about, approved, published; each so many days ago."""
        actor, meeting = self._responses.user, self._ago(met)
        people = tuple(actor(who) for who in (LEAD, "payments-a", "payments-b", "payments-c", REVIEWER))

        def at(days: float, who: str, *said: verbs.Verb) -> None:
            self._at(self._ago(days), lambda: self._do(key, who, *said))

        at(drafted + 0.2, LEAD, verbs.SetFacilitator(user_id=actor(REVIEWER)), verbs.AddCollaborator(
            user_id=actor("payments-b")), verbs.BookReview(at=meeting))  # fmt: skip
        self._at(self._ago(drafted), lambda: self._draft(key, words, LEAD))
        at(drafted - 0.1, LEAD, verbs.Submit())
        ask = "What did customers see? Say how many payments it was, of how many, and how many asked support."
        at(met + 1.6, REVIEWER, verbs.RequestChanges(text=ask))
        text = words.texts[Section.IMPACT]
        at(met + 1.3, LEAD, verbs.SaveSection(section=Section.IMPACT, text=text))
        self._at(self._ago(met + 1.29), lambda: self._resolve_comments(key))
        at(met + 1.28, LEAD, verbs.Submit())
        self._at(plus(meeting, 50 * MINUTE_S), lambda: self._do(key, REVIEWER, verbs.RecordMeeting(
            opening="We look for conditions, not for people: everybody did what made sense with what they saw.",
            attendance=people, decisions=("The action items are promised as they stand in the table.",),
            started_at=meeting, ended_at=plus(meeting, 45 * MINUTE_S))))  # fmt: skip
        self._at(plus(meeting, 55 * MINUTE_S), lambda: self._decide(key, words))
        at(published + 0.1, REVIEWER, verbs.Approve())
        at(published, LEAD, verbs.Publish())
        for who in ("payments-a", "payments-b", "shop-lead", "platform-berlin"):
            self._at(self._ago(published - 0.3), lambda who=who: self._read(key, who))  # type: ignore[misc]

    def _draft(self, key: str, words: Written, who: str) -> None:
        """What its owner writes; the numbers of the impact come only when somebody asks for them."""

        def do(verb: verbs.Verb) -> str:
            return self._made(key, who, verb)

        do(verbs.Refresh())
        for section, text in words.texts.items():
            first = f"{text.splitlines()[0]}\n- Components: Payments" if section is Section.IMPACT else text
            do(verbs.SaveSection(section=section, text=first))
        do(verbs.NamesToRoles())
        do(verbs.Classify(trigger=words.trigger, detected_by=words.detected_by, mitigated_by=words.mitigated_by))
        root = next((one.id for one in self._document(key).whys if one.parent is None), "")
        if not root:
            root = do(verbs.AddWhy(condition="Payments were slow for customers"))
        whys: dict[str, str] = {"": root}
        for one in words.answers:
            kind, ref = one.evidence
            whys[one.name] = do(verbs.AddWhy(
                parent=whys[one.below], condition=one.text, detection=one.detection,
                evidence=(Evidence(kind=kind, ref=ref),)))  # fmt: skip
        causes = {
            one.name: do(verbs.AddFactor(kind=one.kind, text=one.text, why_ids=tuple(whys[w] for w in one.whys)))
            for one in words.causes
        }
        for item in words.promises:
            do(verbs.AddAction(
                text=item.text, type=item.type, owner_id=self._responses.user(item.owner),
                due_at=self._ago(-item.due_days), end_state=item.end_state, priority=item.priority,
                factor_ids=tuple(causes[name] for name in item.causes)))  # fmt: skip

    def _resolve_comments(self, key: str) -> None:
        for comment in self.stage.read(lambda read: postmortems_seen.one(read, self._id(key))).comments:
            self._do(key, LEAD, verbs.ResolveComment(comment=comment.id))

    def _decide(self, key: str, words: Written) -> None:
        for item in words.promises:
            found = self._item(key, item)
            if item.declined:
                self._do(key, LEAD, verbs.DeclineAction(action=found, reason=item.declined))
            else:
                self._do(key, LEAD, verbs.CommitAction(action=found))

    def _keep(self, key: str, words: Written) -> None:
        for item in words.promises:
            if item.proof is not None:
                self._at(self._ago(item.proof[2]), lambda item=item: self._close(key, item))  # type: ignore[misc]

    def _close(self, key: str, item: Promise) -> None:
        assert item.proof is not None
        kind, ref, _ = item.proof
        self._do(key, item.owner, verbs.CloseAction(action=self._item(key, item), kind=kind, ref=ref))

    def _item(self, key: str, item: Promise) -> str:
        return next(one.id for one in self._document(key).actions if one.text == item.text)

    def _document(self, key: str) -> Document:
        return self.stage.read(lambda read: postmortems_seen.one(read, self._id(key))).document

    def _read(self, key: str, who: str) -> None:
        actor = self._responses.actor(who)
        self.stage.run(lambda work: postmortem_moves.note_read(work, self._id(key)), actor)
        self.stage.run(lambda work: postmortem_moves.say_useful(work, self._id(key), True), actor)

    def _id(self, key: str) -> str:
        return self._responses.incident_id(key)

    def _do(self, key: str, who: str, *said: verbs.Verb) -> None:
        for verb in said:
            self._made(key, who, verb)

    def _made(self, key: str, who: str, verb: verbs.Verb) -> str:
        """The id of what ``verb`` made; empty when it made nothing."""
        actor = self._responses.actor(who)
        made = self.stage.run(lambda work: postmortem_moves.act(work, self._id(key), verb), actor).made
        self.stage.settle()
        return made
