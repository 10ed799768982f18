"""The form that writes an error budget policy: what follows from what, who agrees, who may override."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.people import queries as people
from firebell.domain.slo import policies, policy_queries, queries
from firebell.domain.slo.exact import percent
from firebell.domain.slo.policies import ROLES, PolicyFields
from firebell.domain.slo.policy import Exemption, Policy, Threshold, read_threshold
from firebell.domain.slo.records import PolicyRecord
from firebell.entrypoints.web import choices, slo_words
from firebell.entrypoints.web.drafts import Choices, Draft, whole_number, words
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.session import FormLists, Here
from firebell.entrypoints.web.slo_forms import some_team
from firebell.entrypoints.web.slo_rows import title
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Read, Work

router = APIRouter()
SPARE_ROWS = 2
DEFAULT: Sequence[tuple[str, Sequence[str], str]] = (
    ("remaining < 25%", ("notify-team", "gate-warn"), ""),
    ("remaining <= 0", ("notify-owners", "gate-block"), "p0_fix security reliability"),
    ("incident > 20%", ("require-postmortem", "require-p0-action"), ""),
    ("class > 20% per quarter", ("p0-on-next-quarter-plan", "mark-systemic"), ""),
)
INPUTS = {
    "slo_ids": "slos", "reviewEvery": "review_days", "override.maxDuration": "override_hours",
    "approvals": "user_product",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """``name`` is empty for a new one. ``does``: the ticked consequences of each row."""

    name: str
    managed_by: str | None
    draft: Draft
    rows: int
    does: Sequence[Sequence[str]]
    consequences: Choices
    slos: Choices
    chosen: Sequence[str]
    people: Choices
    overriders: Sequence[str]
    exemptions: Choices
    exempt: Sequence[str]
    teams: Choices


@router.get("/slos/policies/new")
def new(here: Here, slo: str = "") -> Response:
    def chosen(read: Read) -> list[str]:
        return [queries.slo(read, slo).id] if slo else []

    lists = {"slos": here.read(chosen), "exemptions": [str(one) for one in Exemption]}
    values = {"review_days": "90", "override_hours": "24", "goals": "protect users\nbalance reliability and features"}
    for n, (when, do, spared) in enumerate(DEFAULT):
        values |= {f"when_{n}": when, f"except_{n}": spared}
        lists[f"do_{n}"] = list(do)
    return _form(here, None, Draft(values), lists)


@router.post("/slos/policies/new")
def create(here: Here, form: FormLists) -> Response:
    values = {name: several[-1] for name, several in form.items()}
    try:
        fields = _fields(form)
        fields["name"] = values.get("name", "").strip()

        def write(work: Work) -> PolicyRecord:
            return policies.create(work, **_owned(work, values, fields))

        made = here.run(write)
    except Refused as error:
        return _form(here, None, _wrong(values, error), form)
    return here.go(f"/slos/policies/{made.name}", Flash("Written. Now product, development and reliability sign it."))


@router.get("/slos/policies/{name}/edit")
def edit(here: Here, name: str) -> Response:
    record = here.read(lambda read: policy_queries.policy(read, name))
    values, lists = _of(record.policy)
    return _form(
        here, record, Draft({**values, "team_id": record.team_id or "", "version": str(record.version)}), lists
    )


@router.post("/slos/policies/{name}/edit")
def save(here: Here, name: str, form: FormLists) -> Response:
    record = here.read(lambda read: policy_queries.policy(read, name))
    values = {field: several[-1] for field, several in form.items()}
    try:
        fields = _fields(form)
        expected = whole_number(values, "version")
        after = here.run(lambda work: policies.edit(work, record.id, expected, **_owned(work, values, fields)))
    except Refused as error:
        return _form(here, record, _wrong(values, error), form)
    changed = after.policy.version != record.policy.version
    words_ = f"Saved as edition {after.policy.version}: everybody signs again." if changed else "Nothing has changed."
    return here.go(f"/slos/policies/{after.name}", Flash(words_))


def _wrong(values: Mapping[str, str], error: Refused) -> Draft:
    field = INPUTS.get(error.field or "", error.field or "")
    return Draft(values, field, error.message, error.hint or "")


def _owned(read: Read, values: Mapping[str, str], fields: PolicyFields) -> PolicyFields:
    return {**fields, "team_id": choices.team(read, values.get("team_id", ""))}


def _of(policy: Policy) -> tuple[dict[str, str], dict[str, list[str]]]:
    values = {
        "goals": "\n".join(policy.goals), "decider": policy.decider,
        "review_days": str(policy.review_every_s // 86_400), "override_hours": str(policy.override_max_s // 3600),
        **{f"user_{one.as_}": one.user_id for one in policy.approvals},
    }  # fmt: skip
    lists = {
        "slos": list(policy.slos), "override_who": sorted(policy.override_who),
        "exemptions": [str(one) for one in policy.exemptions],
    }  # fmt: skip
    for n, one in enumerate(policy.thresholds):
        values |= {f"when_{n}": written(one), f"except_{n}": " ".join(sorted(one.spared))}
        lists[f"do_{n}"] = [str(each) for each in one.consequences]
    return values, lists


def written(one: Threshold) -> str:
    """As :func:`read_threshold` reads it."""
    return one.written(percent(one.value, 9).replace(" ", ""))


def _fields(form: Mapping[str, list[str]]) -> PolicyFields:
    values = {name: several[-1] for name, several in form.items()}
    thresholds = []
    for n in range(_rows(values)):
        when = values.get(f"when_{n}", "").strip()
        if not when:
            continue
        try:
            thresholds.append(read_threshold(when, form.get(f"do_{n}", ()), words(values.get(f"except_{n}", ""))))
        except Invalid as error:
            raise Invalid(error.message, field=f"when_{n}", hint=error.hint) from None
    goals = [line.strip() for line in values.get("goals", "").splitlines() if line.strip()]
    return {
        "slo_ids": form.get("slos", []), "thresholds": thresholds, "goals": goals,
        "approvals": [(role, values[f"user_{role}"]) for role in ROLES if values.get(f"user_{role}")],
        "decider_id": values.get("decider", ""),
        "exemptions": [Exemption(one) for one in form.get("exemptions", ()) if one in set(Exemption)],
        "review_every_s": whole_number(values, "review_days", otherwise=90) * 86_400,
        "override_max_s": whole_number(values, "override_hours", otherwise=24) * 3600,
        "override_who": form.get("override_who", []),
    }  # fmt: skip


def _rows(values: Mapping[str, Any]) -> int:
    places = [int(name.partition("_")[2]) for name in values if name.startswith("when_") and name[5:].isdigit()]
    return min(20, max(places, default=-1) + 1)


def _form(here: Here, record: PolicyRecord | None, draft: Draft, lists: Mapping[str, Sequence[str]]) -> Response:
    rows = _rows({name: value for name, value in draft.values.items() if value}) + SPARE_ROWS

    def look(read: Read) -> PolicyForm:
        read.needs(Permission.SLOS_EDIT, record.team_id if record else some_team(here))
        everybody = [(str(one.id), one.display_name or one.name) for one in people.users(read) if one.active]
        return PolicyForm(
            name="" if record is None else record.name, managed_by=None if record is None else record.managed_by,
            draft=draft, rows=rows, does=[lists.get(f"do_{n}", ()) for n in range(rows)],
            consequences=tuple(slo_words.CONSEQUENCES.items()),
            slos=[(one.id, title(one)) for one in queries.slos(read)],
            chosen=lists.get("slos", ()), people=everybody, overriders=lists.get("override_who", ()),
            exemptions=tuple(slo_words.EXEMPTIONS.items()), exempt=lists.get("exemptions", ()),
            teams=[(one.id, one.display_name or one.name) for one in people.teams(read)],
        )  # fmt: skip

    view = here.read(look)
    called = f"Edit the policy {view.name}" if record else "New error budget policy"
    return here.page("slos/policy_form.html", view, title=called, nav="slos", status=draft.status)
