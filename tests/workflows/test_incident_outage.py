"""Nothing that is sent holds up an incident: with every way out broken it is run from beginning to end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firebell.domain.incidents import verbs
from firebell.domain.incidents.model import Phase
from firebell.kernel.clock import seconds_between
from tests.incident_story import Room
from tests.story import Story
from tests.workflows.cast import down
from tests.workflows.incident_cast import staffed


class Faulty:
    """An outlet that breaks whenever it is used."""

    name = "Faulty"
    patience_s = 300

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.tried = 0

    def deliver(self, parcel: Any, target: Any, fetch: Any) -> Any:
        self.tried += 1
        raise RuntimeError("the network is gone")


def played(story: Story) -> Room:
    room = staffed(story, files=True)
    room.stands_behind("comms", "spokes")
    room.configure(mail_state_to=("crisis@example.com",))
    room.declare("Checkout fails", "SEV1", by="ann")
    room.act("chief", verbs.TakeCommand())
    room.act("chief", verbs.Edit(impact="Nobody can pay."))
    room.act("chief", verbs.AddCriterion(text="error ratio below 0.1 %"))
    (criterion,) = room.incident().criteria
    room.act("chief", verbs.TickCriterion(criterion=criterion.id, value="0.02 %"))
    room.act("chief", verbs.Mitigate())
    story.run_for(minutes=30)
    room.act("chief", verbs.Resolve(all_clear="Checkout has recovered; no lingering effects, no data loss."))
    return room


def test_with_mail_and_every_channel_away_an_incident_is_run_to_its_end(tell: Callable[..., Story]) -> None:
    mail = Faulty("state_mail")
    story = tell(outlets={"state_mail": mail})
    for carrier in story.carriers.values():
        carrier.script = down()
    room = played(story)
    incident = room.incident()
    assert incident.phase is Phase.RESOLVED
    assert mail.tried > 1
    mitigated = incident.milestone("mitigated")
    resolved = incident.milestone("resolved")
    assert mitigated is not None
    assert resolved is not None
    assert mitigated.at is not None
    assert resolved.at is not None
    assert seconds_between(mitigated.at, resolved.at) == 1800, "not a second was lost to what could not be sent"
    assert story.breaches() == []
