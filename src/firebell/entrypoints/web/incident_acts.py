"""What is done to an incident from its page: one form per verb, one route for all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.alerts import queries as alerts
from firebell.domain.alerts.model import AlertState
from firebell.domain.escalation.model import Target, TargetKind
from firebell.domain.incidents import verbs
from firebell.domain.people import queries as people
from firebell.domain.services import queries as services
from firebell.entrypoints.web import choices, incident_forms, incident_page, incident_words
from firebell.entrypoints.web.drafts import Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.names import ID, look_up
from firebell.entrypoints.web.session import FormLists, Here
from firebell.kernel.errors import Conflict, Invalid, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import incident_moves

router = APIRouter()
Fields = Mapping[str, Sequence[str]]
PERSONS = ("user_id", "assignee_id", "executor_id", "owner_id", "comms_to", "tasks_to")
"""Inputs that name a person: by id, or in a large house by a typed name. So does ``to``, of whom command is offered."""
_INCIDENTS = ("of", "into", "other")
_TAGS = re.compile(r"\b(?:" + "|".join(tag for tag in incident_forms.verbs_by_tag() if "_" in tag) + r")\b")


@router.post("/incidents/{incident_id}/{verb}")
def act(here: Here, incident_id: str, verb: str, form: FormLists) -> Response:
    """Do what the form says. Refused, the page comes back with the form open, as it was sent, and the reason."""
    key = form.get("_key", [""])[-1]
    do = _ASKED.get(verb, _verb)
    try:
        said = here.run(lambda work: do(work, incident_id, verb, form, here.zone))
    except Refused as error:
        draft = refused(incident_forms.values_of(form), error)
        error_said, hint = here.read(lambda read: (spoken(read, draft.error), spoken(read, draft.hint)))
        draft = Draft(draft.values, draft.at, error_said, hint)
        if verb == "page_people" and isinstance(error, Conflict) and (error.hint or "").startswith("Confirm"):
            draft = Draft(draft.values, "confirm", error_said, hint)
        return incident_page.page(here, incident_id, f"{verb}:{key}", draft, error.status)
    return _back(here, incident_id, verb, said)


def _back(here: Here, incident_id: str, verb: str, said: Sequence[Flash]) -> Response:
    came = urlsplit(here.request.headers.get("referer", ""))
    own = f"/incidents/{incident_id}"
    if came.path.startswith(own) or came.netloc != here.request.url.netloc:
        return here.go(f"{own}#{incident_words.ANCHORS.get(verb, 'command')}", *said)
    return here.back(own, *said)


def _verb(work: Work, incident_id: str, verb: str, form: Fields, zone: str) -> list[Flash]:
    persons = (*PERSONS, "to") if verb == "offer_command" else PERSONS
    asked = incident_forms.verb_of(verb, named(work, form, persons), zone, work.now)
    if isinstance(asked, verbs.Edit):
        _check_there(work, asked)
    acted = incident_moves.act(work, incident_id, asked)
    done = incident_words.SAID.get(verb, "Done.") if acted.changed else "It was so already. Nothing changed."
    warnings = (Flash(spoken(work, words), "attention") for words in acted.warnings)
    return [Flash(done, "ok" if acted.changed else "note"), *warnings]


def _check_there(read: Read, edit: verbs.Edit) -> None:
    """Raises Invalid for a team or service that is not there (any more)."""
    choices.team(read, edit.team_id or "")
    if set(edit.service_ids or ()) - set(services.display_names(read, edit.service_ids or ())):
        raise choices.gone("service_ids")


def _stopped_and_over(work: Work, incident_id: str, verb: str, form: Fields, zone: str) -> list[Flash]:
    """One click, two verbs: impact has stopped, and all is verified. Refused in the second, the first is undone too."""
    mitigate = incident_forms.verb_of("mitigate", form, zone, work.now)
    resolve = incident_forms.verb_of("resolve", form, zone, work.now)
    incident_moves.act(work, incident_id, mitigate)
    incident_moves.act(work, incident_id, resolve)
    return [Flash(incident_words.SAID["resolve"])]


def _link_alert(work: Work, incident_id: str, verb: str, form: Fields, zone: str) -> list[Flash]:
    typed = _one(form, "alert_id").rstrip("/").rpartition("/")[2].partition("?")[0]
    found = alerts.by_ids(work, [typed]).get(typed) if typed.startswith("alr_") else None
    if found is None:
        raise Invalid("There is no such alert.", field="alert_id", hint="Paste the address of its page.")
    link = verbs.LinkAlert(alert_id=found.id, service_id=found.service_id, open=found.state != AlertState.RESOLVED)
    incident_moves.act(work, incident_id, link)
    return [Flash(incident_words.SAID[verb])]


def _page_people(work: Work, incident_id: str, verb: str, form: Fields, zone: str) -> list[Flash]:
    targets = [_target(one) for one in form.get("who", ()) if one]
    if not targets:
        raise Invalid("Choose whom to page.", field="who")
    why = _one(form, "why")
    if not why:
        raise Invalid("Say why them: it is what they read first.", field="why")
    called = incident_moves.page_people(work, incident_id, targets, why, confirmed=bool(form.get("confirm")))
    return [Flash(f"{len(called)} {'call is' if len(called) == 1 else 'calls are'} on the way.")]


def _page_role(work: Work, incident_id: str, verb: str, form: Fields, zone: str) -> list[Flash]:
    if incident_moves.page_role(work, incident_id, _one(form, "role")) is None:
        return [Flash("Nobody was paged: the role is taken, or nobody stands behind it.", "note")]
    return [Flash("Whoever stands behind the role is paged.")]


_ASKED: Mapping[str, Callable[[Work, str, str, Fields, str], list[Flash]]] = {
    "mitigate_and_resolve": _stopped_and_over, "link_alert": _link_alert, "page_people": _page_people,
    "page_role": _page_role,
}  # fmt: skip


def _one(form: Fields, name: str) -> str:
    values = form.get(name) or [""]
    return values[-1].strip()


def _target(chosen: str) -> Target:
    kind, _, id_ = chosen.partition(":")
    if kind not in [*TargetKind] or not id_:
        raise Invalid("Choose one of those offered.", field="who")
    return Target(TargetKind(kind), id_)


def spoken(read: Read, words: str) -> str:
    """What the rules say, with people and things by their names and verbs without underscores."""
    names = look_up(read, [words])
    words = ID.sub(lambda found: names.of(found[0]), words)
    return _TAGS.sub(lambda found: found[0].replace("_", " "), words)


def named(read: Read, form: Fields, persons: Sequence[str] = PERSONS) -> Fields:
    """The form with people and incidents by their ids, however they were typed. Raises Invalid at that input."""
    made = dict(form)
    for name in persons:
        typed = _one(form, name)
        if typed and not typed.startswith("usr_"):
            made[name] = [_person(read, typed, name)]
    for name in _INCIDENTS:
        # What is pasted is often an address.
        if typed := _one(form, name):
            made[name] = [typed.rstrip("/").rpartition("/")[2].partition("#")[0]]
    return made


def _person(read: Read, typed: str, field: str) -> str:
    wanted = typed.casefold()
    found = [u for u in people.users(read) if wanted in (u.name.casefold(), u.display_name.casefold(), u.email or "")]
    if len(found) != 1:
        problem = "Several people are called so." if found else "Nobody is called so."
        raise Invalid(problem, field=field, hint="Choose one of those the list offers.")
    return str(found[0].id)
