"""The form of an escalation policy: steps with targets and waits, rows added by buttons, no script needed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.escalation import commands, queries, rules
from firebell.domain.escalation.model import Climb, Policy, Step, Target, TargetKind, Wait
from firebell.domain.oncall import queries as oncall
from firebell.domain.people import queries as people
from firebell.domain.services.model import SEVERITIES
from firebell.entrypoints.web import choices, paged_now
from firebell.entrypoints.web.drafts import Choices, Draft, refused, whole_number
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.paged_now import Person, Rung
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.errors import Invalid, Refused
from firebell.kernel.work import Read, Work

router = APIRouter()
ROWS_MAX = 20
Groups = Sequence[tuple[str, Choices]]


@dataclass(slots=True)
class StepDraft:
    """``targets`` are ``kind:id``; ``waits`` minutes as typed, by severity and for ``default``."""

    targets: list[str] = field(default_factory=list)
    waits: dict[str, str] = field(default_factory=lambda: {"default": "5"})


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """``rungs`` and ``fallback``: who would be paged now under what is typed, when that was asked for."""

    policy: Policy | None
    draft: Draft
    steps: Sequence[StepDraft]
    fallback: Sequence[str]
    groups: Groups
    teams: Choices
    severities: Sequence[str]
    rungs: Sequence[Rung]
    last: Sequence[Person]


@router.get("/policies/new")
def new(here: Here) -> Response:
    draft = Draft({"repeat": "2", "ack_timeout": "30"})
    return _form(here, None, draft, [StepDraft()], [f"user:{here.me.id}"])


@router.post("/policies/new")
def create(here: Here, form: Form) -> Response:
    steps, fallback = _read(form)
    try:
        if form.get("action") not in ("save", "preview"):
            return _form(here, None, Draft(form), _changed(steps, form.get("action", "")), fallback)
        climb = _climb(form, steps, fallback)
        if form.get("action") == "preview":
            return _form(here, None, Draft(form), steps, fallback, climb)
        made = here.run(
            lambda work: commands.create_policy(
                _checked(work, form, climb), name=form.get("name", "").strip(),
                display_name=form.get("display_name", "").strip(), team_id=form.get("team_id") or None, climb=climb,
            )
        )  # fmt: skip
    except Refused as error:
        return _form(here, None, _refused(form, error), steps, fallback)
    return here.go(f"/policies/{made.id}", Flash("The policy is made. Give it to a service so that it is followed."))


@router.get("/policies/{policy_id}/edit")
def edit(here: Here, policy_id: str) -> Response:
    policy = here.read(lambda read: queries.policy(read, policy_id))
    climb = policy.climb
    values = {
        "name": policy.name, "display_name": policy.display_name, "team_id": policy.team_id or "",
        "repeat": str(climb.repeat), "version": str(policy.version),
        "ack_timeout": _minutes(climb.ack_timeout_s) if climb.ack_timeout_s is not None else "",
    }  # fmt: skip
    steps = [
        StepDraft(
            [f"{t.kind}:{t.id}" for t in step.notify],
            {"default": _minutes(step.wait.default_s)} | {k: _minutes(v) for k, v in step.wait.by_severity.items()},
        )
        for step in climb.steps
    ]
    return _form(here, policy, Draft(values), steps, [f"{t.kind}:{t.id}" for t in climb.fallback])


@router.post("/policies/{policy_id}/edit")
def save(here: Here, policy_id: str, form: Form) -> Response:
    policy = here.read(lambda read: queries.policy(read, policy_id))
    steps, fallback = _read(form)
    try:
        if form.get("action") not in ("save", "preview"):
            return _form(here, policy, Draft(form), _changed(steps, form.get("action", "")), fallback)
        climb = _climb(form, steps, fallback)
        if form.get("action") == "preview":
            return _form(here, policy, Draft(form), steps, fallback, climb)
        expected = whole_number(form, "version")
        here.run(
            lambda work: commands.edit_policy(
                _checked(work, form, climb), policy_id, expected, name=form.get("name", "").strip(),
                display_name=form.get("display_name", "").strip(), team_id=form.get("team_id", ""), climb=climb,
            )
        )  # fmt: skip
    except Refused as error:
        return _form(here, policy, _refused(form, error), steps, fallback)
    return here.go(f"/policies/{policy_id}", Flash("Saved. Escalations under way follow the version they began with."))


def _minutes(seconds: int) -> str:
    return f"{seconds / 60:g}"


def _seconds(typed: str, name: str) -> int:
    try:
        seconds = float(typed.replace(",", ".")) * 60
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 10**7:
        raise Invalid("A number of minutes is needed here.", field=name, hint="For example 5.")
    return round(seconds)


def _read(form: Mapping[str, str]) -> tuple[list[StepDraft], list[str]]:
    steps = []
    for n in range(min(_count(form, "steps"), ROWS_MAX)):
        targets = [form.get(f"s{n}-t{t}", "") for t in range(_count(form, f"s{n}-targets"))]
        waits = {key: form.get(f"s{n}-wait-{key}", "").strip() for key in ("default", *SEVERITIES)}
        steps.append(StepDraft(list(dict.fromkeys(t for t in targets if t)), waits))
    fallback = [form.get(f"fallback-{t}", "") for t in range(_count(form, "fallbacks"))]
    return steps, list(dict.fromkeys(t for t in fallback if t))


def _count(form: Mapping[str, str], name: str) -> int:
    typed = form.get(name, "")
    return min(int(typed), 60) if typed.isascii() and typed.isdigit() else 0


def _changed(steps: list[StepDraft], action: str) -> list[StepDraft]:
    verb, _, at = action.partition(":")
    n = int(at) if at.isdigit() else -1
    if verb == "add-step" and len(steps) < ROWS_MAX:
        steps.append(StepDraft())
    elif verb == "remove-step" and 0 <= n < len(steps):
        del steps[n]
    elif verb == "up" and 0 < n < len(steps):
        steps.insert(n - 1, steps.pop(n))
    return steps


def _climb(form: Mapping[str, str], steps: Sequence[StepDraft], fallback: Sequence[str]) -> Climb:
    rungs = []
    for n, step in enumerate(steps):
        if not step.targets:
            raise Invalid("A step tells somebody.", field=f"s{n}-t0", hint="Choose a schedule, a person or a team.")
        by_severity = {
            key: _seconds(typed, f"s{n}-wait-{key}") for key, typed in step.waits.items() if typed and key != "default"
        }
        default_s = _seconds(step.waits.get("default") or "5", f"s{n}-wait-default")
        rungs.append(Step(targets_of(step.targets), Wait(default_s, by_severity)))
    timeout = form.get("ack_timeout", "").strip()
    return rules.check(
        Climb(
            tuple(rungs), targets_of(fallback), whole_number(form, "repeat", otherwise=2),
            _seconds(timeout, "ack_timeout") if timeout else None,
        )
    )  # fmt: skip


def _checked(work: Work, form: Mapping[str, str], climb: Climb) -> Work:
    """The unit, once everything the form chose is found in it."""
    choices.team(work, form.get("team_id", ""))
    for n, step in enumerate(climb.steps):
        choices.targets(work, step.notify, f"s{n}-t0")
    choices.targets(work, climb.fallback, "fallback-0")
    return work


def targets_of(typed: Sequence[str]) -> tuple[Target, ...]:
    """``kind:id`` as targets. Raises Invalid."""
    found = []
    for one in typed:
        kind, _, id_ = one.partition(":")
        if kind not in [*TargetKind] or not id_:
            raise Invalid("Choose from the list.", field="steps")
        found.append(Target(TargetKind(kind), id_))
    return tuple(found)


def _refused(form: Mapping[str, str], error: Refused) -> Draft:
    where = error.field or ""
    at = {"fallback": "fallback-0", "ackTimeout": "ack_timeout", "steps": "s0-t0"}.get(where, where)
    if match := re.fullmatch(r"steps\.(\d+)\.(notify|wait)\.?(\w*)", where):
        at = f"s{match[1]}-t0" if match[2] == "notify" else f"s{match[1]}-wait-{match[3]}"
    return refused(form, error, {where: at})


def groups(read: Read, *, all_kinds: bool = True) -> Groups:
    """What a step may tell, by kind, for a select with groups."""
    users = [(f"user:{u.id}", u.display_name) for u in people.users(read) if u.active]
    if not all_kinds:
        return [("People", users)]
    return [
        ("Whoever is on call in", [(f"schedule:{s.id}", s.name) for s in oncall.schedules(read)]),
        ("People", users),
        ("Everybody in", [(f"team:{t.id}", t.display_name) for t in people.teams(read)]),
    ]


def _form(
    here: Here, policy: Policy | None, draft: Draft, steps: Sequence[StepDraft], fallback: Sequence[str],
    preview: Climb | None = None,
) -> Response:  # fmt: skip
    def look(read: Read) -> PolicyForm:
        offered = list(groups(read))
        known = {value for _, choices in offered for value, _ in choices}
        gone = {t for step in steps for t in step.targets} | set(fallback)
        if missing := sorted(gone - known):
            names = look_up(read, missing)
            offered.append(("No longer there", [(one, names.of(one.partition(":")[2])) for one in missing]))
        return PolicyForm(
            policy, draft, steps, fallback, offered, [(t.id, t.display_name) for t in people.teams(read)], SEVERITIES,
            paged_now.rungs(read, preview) if preview else [],
            paged_now.told(read, preview.fallback)[0] if preview else [],
        )  # fmt: skip

    title = f"Edit {policy.display_name}" if policy else "New policy"
    return here.page("policies/form.html", here.read(look), title=title, nav="policies", status=draft.status)
