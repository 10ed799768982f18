"""Making and editing a schedule: layers in a form without scripts, and the coming two weeks before saving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from fastapi.responses import Response
from whenever import available_timezones

from firebell.domain.oncall import commands, queries, rules
from firebell.domain.oncall.commands import ScheduleFields
from firebell.domain.oncall.model import RotationLayer, Schedule
from firebell.domain.people import queries as people
from firebell.entrypoints.web import choices, lanes, layer_forms, moments
from firebell.entrypoints.web.drafts import Choices, Draft, refused, whole_number
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.lanes import Drawing, Lane, Mark, Range
from firebell.entrypoints.web.layer_forms import LayerDraft
from firebell.entrypoints.web.on_call import names_of
from firebell.entrypoints.web.session import Form, FormLists, Here
from firebell.kernel.errors import Refused
from firebell.kernel.ids import LayerId, ScheduleId
from firebell.kernel.work import Read

router = APIRouter()
PREVIEW_DAYS = 14


@dataclass(frozen=True, slots=True)
class Preview:
    lanes: Sequence[Lane]
    marks: Sequence[Mark]
    first: str
    last: str
    gaps: int
    gaps_length: str


@dataclass(frozen=True, slots=True)
class ScheduleForm:
    """``schedule`` is ``None`` for a new one. ``preview`` stands when it was asked for and the form is right."""

    schedule: Schedule | None
    draft: Draft
    layers: Sequence[LayerDraft]
    people: Choices
    teams: Choices
    zones: Sequence[str]
    units: Choices
    days: Sequence[str]
    preview: Preview | None


@router.get("/on-call/new")
def new(here: Here) -> Response:
    monday = lanes.this_week(here.site.runner.clock.now(), here.zone)
    first = LayerDraft(name="weekly", start=monday.format_iso(), slots=[[here.me.id]])
    return _form(here, None, Draft({"zone": here.zone}), [first])


@router.post("/on-call/new")
def create(here: Here, form: Form, lists: FormLists) -> Response:
    drafts = layer_forms.changed(layer_forms.read(form, lists), form.get("action", ""))
    try:
        if form.get("action") not in ("save", "preview"):
            return _form(here, None, Draft(form), drafts)
        layers = layer_forms.layers_of(drafts, form.get("zone", "").strip())
        if form.get("action") == "preview":
            return _form(here, None, Draft(form), drafts, layers)
        made = here.run(lambda work: commands.create_schedule(work, **_fields(work, form, layers)))
    except Refused as error:
        return _form(here, None, _refused(form, error), drafts)
    return here.go(f"/on-call/{made}", Flash("The schedule is made. Name it in a policy so that it is asked."))


@router.get("/on-call/{schedule_id}/edit")
def edit(here: Here, schedule_id: str) -> Response:
    schedule = here.read(lambda read: queries.schedule(read, schedule_id))
    values = {
        "name": schedule.name, "zone": schedule.zone, "team_id": schedule.team_id or "",
        "description": schedule.description, "version": str(schedule.version), "keep": "true",
    }  # fmt: skip
    return _form(here, schedule, Draft(values), layer_forms.drafts_of(rules.current_layers(schedule), schedule.zone))


@router.post("/on-call/{schedule_id}/edit")
def save(here: Here, schedule_id: str, form: Form, lists: FormLists) -> Response:
    schedule = here.read(lambda read: queries.schedule(read, schedule_id))
    drafts = layer_forms.changed(layer_forms.read(form, lists), form.get("action", ""))
    keep = form.get("keep") == "true"
    try:
        if form.get("action") not in ("save", "preview"):
            return _form(here, schedule, Draft(form), drafts)
        layers = layer_forms.layers_of(drafts, form.get("zone", "").strip())
        if form.get("action") == "preview":
            return _form(here, schedule, Draft(form), drafts, layers)
        expected = whole_number(form, "version")
        here.run(
            lambda work: commands.edit_schedule(
                work, schedule_id, expected, keep_current=keep, **_fields(work, form, layers)
            )
        )
    except Refused as error:
        return _form(here, schedule, _refused(form, error), drafts)
    return here.go(f"/on-call/{schedule_id}", Flash("Saved. It counts from now on."))


def _fields(read: Read, form: Mapping[str, str], layers: Sequence[RotationLayer]) -> ScheduleFields:
    choices.persons(read, [u for layer in layers for slot in layer.slots for u in slot], "layers")
    return {
        "name": form.get("name", "").strip(),
        "zone": form.get("zone", "").strip(),
        "team_id": choices.team(read, form.get("team_id", "")),
        "description": form.get("description", ""),
        "layers": layers,
    }


def _refused(form: Mapping[str, str], error: Refused) -> Draft:
    return refused(form, error, {error.field: layer_forms.input_of(error.field)} if error.field else None)


def _form(
    here: Here, schedule: Schedule | None, draft: Draft, drafts: Sequence[LayerDraft],
    layers: Sequence[RotationLayer] | None = None,
) -> Response:  # fmt: skip
    def look(read: Read) -> ScheduleForm:
        users = [(str(u.id), u.display_name) for u in people.users(read) if u.active]
        standing = {one for layer in drafts for slot in layer.slots for one in slot} - {layer_forms.NOBODY}
        gone = standing - {value for value, _ in users}
        users += sorted(names_of(read, gone).items())
        return ScheduleForm(
            schedule, draft, drafts, [*users, (layer_forms.NOBODY, "Nobody: a gap on purpose")],
            [(t.id, t.display_name) for t in people.teams(read)], sorted(available_timezones()), layer_forms.UNITS,
            layer_forms.DAYS, _preview(here, read, schedule, draft, layers) if layers is not None else None,
        )  # fmt: skip

    title = f"Edit {schedule.name}" if schedule else "New schedule"
    return here.page("on_call/form.html", here.read(look), title=title, nav="oncall", status=draft.status)


def _preview(
    here: Here, read: Read, schedule: Schedule | None, draft: Draft, layers: Sequence[RotationLayer]
) -> Preview:
    zone = draft.of("zone").strip()
    numbered = [replace(layer, id=LayerId(f"preview-{n}")) for n, layer in enumerate(layers)]
    if schedule is None:
        after = Schedule(id=ScheduleId("preview"), name="preview", zone=zone, layers=tuple(numbered))
    else:
        kept = rules.edited(schedule, numbered, read.now, keep_current=draft.of("keep") == "true")
        after = replace(schedule, zone=zone, layers=kept)
    first = read.now.to_tz(zone).date()
    shown = Range(first, PREVIEW_DAYS, zone)
    found = rules.agenda(after, shown.starts_at, shown.ends_at)
    drawing = Drawing(shown, names_of(read, {str(u) for layer in layers for slot in layer.slots for u in slot}
                                      | {str(s.user_id) for s in found.shifts}), here.me.id)  # fmt: skip
    rows = drawing.lanes("On call", "what counts", drawing.shifts(found.shifts, found.gaps), final=True)
    for layer in rules.current_layers(after):
        versions = tuple(one for one in after.layers if one.name == layer.name)
        alone = replace(after, layers=versions, overrides=(), windows=())
        shifts = rules.shifts(alone, shown.starts_at, shown.ends_at)
        rows += drawing.lanes(layer.name, lanes.turns_in_words(layer), drawing.shifts(shifts))
    edge = lanes.midnight(first.add(days=PREVIEW_DAYS - 1), zone).to_tz(zone)
    # What is warned of is still to come: the calendar begins at midnight, a first turn perhaps this morning.
    ahead = rules.gaps(after, read.now, shown.ends_at)
    return Preview(
        rows, drawing.marks(read.now), moments.day(shown.starts_at.to_tz(zone)), moments.day(edge),
        len(ahead), lanes.length(ahead),
    )  # fmt: skip
