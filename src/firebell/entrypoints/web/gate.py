"""The gate for people: what it says of every service now, overrides in somebody's name, and who asked lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from firebell.domain.services import queries as services
from firebell.domain.services.model import Service
from firebell.domain.slo import gating, policy_queries, queries
from firebell.domain.slo.gate import Change, OnError
from firebell.domain.slo.records import OverrideRecord, OverrideUse
from firebell.entrypoints.web import moments, slo_words
from firebell.entrypoints.web.drafts import Choices, Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.names import Names, look_up
from firebell.entrypoints.web.session import Form, Here
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant, plus
from firebell.kernel.errors import Invalid, NotFound, Refused
from firebell.kernel.work import Read, Work
from firebell.workflows import gate_asked

router = APIRouter()
_OVERRIDE = Permission.GATE_OVERRIDE
ASKED_SHOWN = 30
PAST_S = 92 * 86_400
CHANGES: Choices = tuple(slo_words.CHANGES.items())
GITHUB = """\
- name: May this ship?
  env: {{FIREBELL_URL: "{url}", FIREBELL_TOKEN: "${{{{ secrets.FIREBELL_TOKEN }}}}"}}
  run: |
    pip install --quiet "$FIREBELL_PACKAGE"  # the wheel, or the repository, that your server runs
    firebell gate {service} --sha "$GITHUB_SHA" || code=$?
    if [ "${{code:-0}}" = 2 ]; then echo "::warning::The error budget is low"; exit 0; fi
    exit "${{code:-0}}"
"""
GITLAB = """\
gate:
  stage: deploy
  variables: {{FIREBELL_URL: "{url}"}}
  script:
    - pip install --quiet "$FIREBELL_PACKAGE"  # the wheel, or the repository, that your server runs
    - firebell gate {service} --sha "$CI_COMMIT_SHA"
  allow_failure: {{exit_codes: [2]}}
"""


@dataclass(frozen=True, slots=True)
class GateRow:
    service_id: str
    service: str
    decision: tuple[str, str, str]
    reasons: Sequence[str]
    on_error: str


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """``shipped``: what went through under it, a line each."""

    id: str
    service: str
    change: str
    sha: str
    by: str
    reason: str
    until: Instant
    revoked_by: str
    shipped: Sequence[str]
    may_revoke: bool


@dataclass(frozen=True, slots=True)
class AskedRow:
    at: Instant
    service: str
    change: str
    sha: str
    decision: tuple[str, str, str]
    words: str


@dataclass(frozen=True, slots=True)
class GatePage:
    """``change``: what the answers are about."""

    change: str
    changes: Choices
    rows: Sequence[GateRow]
    live: Sequence[OverrideRow]
    past: Sequence[OverrideRow]
    asked: Sequence[AskedRow]
    services: Choices
    draft: Draft
    github: str
    gitlab: str
    terminal: str
    may_override: bool
    may_set: bool


@router.get("/gate")
def show(here: Here, change: str = "deploy") -> Response:
    return _page(here, change if change in set(Change) else "deploy", Draft({"hours": "4"}))


def _page(here: Here, change: str, draft: Draft) -> Response:
    view = here.read(lambda read: _look(here, read, change, draft))
    return here.page("slos/gate.html", view, title="Gate", nav="slos", block="gate", status=draft.status)


def _look(here: Here, read: Read, change: str, draft: Draft) -> GatePage:
    watched = {one.service_id for one in queries.slos(read) if one.service_id}
    known = [one for one in services.services(read) if one.id in watched]
    rows = []
    for service in known:
        answer = gate_asked.look(read, service, change=Change(change)).answer
        rows.append(
            GateRow(
                service.id, service.display_name, slo_words.DECISIONS[answer.decision],
                [slo_words.minus(one.words) for one in answer.reasons], str(policy_queries.on_error(read, service.id)),
            )
        )  # fmt: skip
    live = policy_queries.overrides(read, live=True)
    holding = {one.id for one in live}
    past = [one for one in policy_queries.overrides(read) if one.id not in holding]
    past = [one for one in past if one.override.until > plus(read.now, -PAST_S)]
    uses: dict[str, list[OverrideUse]] = {}
    for use in policy_queries.override_uses(read, plus(read.now, -PAST_S), plus(read.now, 1)):
        uses.setdefault(use.override_id, []).append(use)
    ids = [x for one in (*live, *past) for x in (one.override.by, one.override.service, one.revoked_by)]
    names = look_up(read, ids)
    example = known[0].name if known else "checkout"
    url = here.site.base_url
    return GatePage(
        change=change, changes=CHANGES, rows=rows,
        live=[_override(here, one, names, uses, read.now) for one in live],
        past=[_override(here, one, names, uses, read.now) for one in past],
        asked=_asked(read, known), services=[(one.id, one.display_name) for one in known], draft=draft,
        github=GITHUB.format(url=url, service=example), gitlab=GITLAB.format(url=url, service=example),
        terminal=f'firebell gate {example} --change deploy --sha "$(git rev-parse HEAD)"',
        may_override=here.may(_OVERRIDE) or any(_OVERRIDE in granted for granted in here.actor.teams.values()),
        may_set=here.may(Permission.SLOS_EDIT),
    )  # fmt: skip


def _override(
    here: Here, one: OverrideRecord, names: Names, uses: Mapping[str, Sequence[OverrideUse]], now: Instant
) -> OverrideRow:
    said = one.override
    shipped = [
        f"{slo_words.CHANGES.get(use.change, use.change)}{f' {use.sha[:12]}' if use.sha else ''}, "
        f"{moments.local(use.at, here.zone, now)}"
        for use in uses.get(one.id, ())
    ]
    return OverrideRow(
        one.id, names.of(said.service), slo_words.CHANGES.get(said.change, said.change), said.sha, names.of(said.by),
        said.reason, said.until, names.of(one.revoked_by), shipped, here.may(_OVERRIDE) or said.by == here.me.id,
    )  # fmt: skip


def _asked(read: Read, known: Sequence[Service]) -> list[AskedRow]:
    rows = []
    for service in known:
        for entry in read.history(service.id, limit=ASKED_SHOWN * 2):
            if entry.kind != "gate.answered":
                continue
            fact = entry.data
            rows.append(
                AskedRow(
                    entry.at, service.display_name, slo_words.CHANGES.get(fact["change"], str(fact["change"])),
                    str(fact["sha"]), slo_words.DECISIONS[fact["decision"]], slo_words.minus(str(fact["words"])),
                )
            )  # fmt: skip
    return sorted(rows, key=lambda one: one.at, reverse=True)[:ASKED_SHOWN]


@router.post("/gate/overrides")
def override(here: Here, form: Form) -> Response:
    def write(work: Work) -> None:
        typed = form.get("hours", "").strip().replace(",", ".")
        try:
            hours = float(typed)
        except ValueError:
            hours = 0
        if not 0 < hours <= 24 * 14:
            raise Invalid("Say for how many hours.", field="hours", hint="For example 4.")
        gate_asked.override(
            work, _service(work, form.get("service_id", "")), reason=form.get("reason", ""),
            until=plus(work.now, hours * 3600), change=form.get("change", ""), sha=form.get("sha", "").strip(),
        )  # fmt: skip

    try:
        here.run(write)
    except Refused as error:
        return _page(here, "deploy", refused(form, error, {"expires_at": "hours"}))
    return here.go("/gate#overrides", Flash("The gate lets it through, in your name."))


@router.post("/gate/overrides/{override_id}/revoke")
def revoke(here: Here, override_id: str) -> Response:
    here.run(lambda work: gate_asked.revoke(work, override_id))
    return here.go("/gate#overrides", Flash("Revoked. The budgets decide again."))


@router.post("/gate/on-error")
def on_error(here: Here, form: Form) -> Response:
    chosen = form.get("on_error", "")

    def write(work: Work) -> None:
        if chosen not in set(OnError):
            raise Invalid("Choose warn or block.", field="on_error")
        service = _service(work, form.get("service_id", ""))
        gating.set_on_error(work, service.id, service.team_id, OnError(chosen))

    here.run(write)
    return here.go("/gate", Flash("Noted."))


def _service(read: Read, service_id: str) -> Service:
    try:
        return services.service(read, service_id)
    except NotFound:
        raise Invalid("Choose a service.", field="service_id") from None
