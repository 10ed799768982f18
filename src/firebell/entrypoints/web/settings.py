"""The installation: its health, the last resort, API tokens and the journal. Channels have a module of their own."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation import queries as escalation_queries
from firebell.domain.people import queries as people
from firebell.domain.people import tokens
from firebell.domain.people.model import ApiToken
from firebell.entrypoints.web import choices, names, paged_now, policy_forms, proving, sentences
from firebell.entrypoints.web.drafts import Draft, refused
from firebell.entrypoints.web.flashes import Flash
from firebell.entrypoints.web.law_words import WORDS
from firebell.entrypoints.web.me import Shown
from firebell.entrypoints.web.moments import Moment, moment, span
from firebell.entrypoints.web.my_account import token_of
from firebell.entrypoints.web.names import look_up
from firebell.entrypoints.web.paged_now import Person
from firebell.entrypoints.web.sentences import Line
from firebell.entrypoints.web.session import Form, FormLists, Here
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Refused
from firebell.kernel.journal import Entry
from firebell.kernel.work import Read, Work
from firebell.workflows import journal_read, laws

router = APIRouter()
PER_PAGE = 50
Before = Annotated[int | None, Query(ge=1, lt=2**62)]


@dataclass(frozen=True, slots=True)
class Law:
    """``words`` is what must hold; ``examples`` are ids for which it does not, and ``todo`` what to do about them."""

    words: str
    todo: str
    examples: Sequence[str]


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """``problems``: what makes this process unfit to serve. ``fallback`` are those named, ``told`` those reached."""

    problems: Sequence[tuple[str, str]]
    laws: Sequence[Law]
    worker_lag: str
    about: Sequence[tuple[str, str]]
    told: Sequence[Person]
    fallback: Sequence[str]
    groups: policy_forms.Groups
    draft: Draft
    may_edit: bool
    may_read_journal: bool
    may_edit_tokens: bool


@dataclass(frozen=True, slots=True)
class TokensPage:
    tokens: Sequence[tuple[ApiToken, str, Moment | None, Moment | None]]
    scopes: Sequence[str]
    draft: Draft
    shown: Shown | None


@dataclass(frozen=True, slots=True)
class JournalPage:
    """``lines`` with what each is about, as (name, link). ``faults`` is ``None`` until somebody asks for the check."""

    lines: Sequence[tuple[Line, str, str]]
    older: str
    faults: Sequence[str] | None


@router.get("/settings")
def show(here: Here) -> Response:
    return _show(here, Draft(), None)


def _show(here: Here, draft: Draft, typed: Sequence[str] | None) -> Response:
    def look(read: Read) -> SettingsPage:
        stored = escalation_queries.installation_fallback(read)
        worker = here.site.worker
        broken = {breach.law: breach.examples for breach in worker.breaches}
        lag_s = here.site.runner.clock.monotonic() - worker.last_tick_monotonic
        named = policy_forms.targets_of([f"user:{one}" for one in stored])
        return SettingsPage(
            # A broken law is told below, with what to do about it.
            problems=sorted((part, said) for part, said in here.site.problems().items() if part not in broken),
            laws=[
                Law(*WORDS[law.__name__], broken.get(law.__name__, ())) for law in laws.LAWS
            ],
            worker_lag=span(max(0.0, lag_s)),
            about=[
                ("Firebell", _version()), ("Python", platform.python_version()), ("Address", here.site.base_url),
                ("Database", "SQLite" if read.is_sqlite else "PostgreSQL"),
                ("Signals taken in since the start", str(here.site.inbound.accepted)),
            ],
            told=paged_now.told(read, named)[0], fallback=list(typed if typed is not None else stored),
            groups=policy_forms.groups(read, all_kinds=False) if here.may(Permission.PEOPLE_VIEW) else [], draft=draft,
            may_edit=here.may(Permission.SETTINGS_EDIT), may_read_journal=here.may(Permission.JOURNAL_VIEW),
            may_edit_tokens=here.may(Permission.TOKENS_EDIT),
        )  # fmt: skip

    return here.page("settings/settings.html", here.read(look), title="Settings", nav="settings", status=draft.status)


def _version() -> str:
    try:
        return version("firebell")
    except PackageNotFoundError:
        return "from a source tree"


@router.post("/settings/fallback")
def save_fallback(here: Here, form: Form) -> Response:
    typed = [value for name, value in sorted(form.items()) if name.startswith("fallback-") and value]
    try:
        wanted = policy_forms.targets_of(list(dict.fromkeys(typed)))

        def job(work: Work) -> None:
            choices.targets(work, wanted, "fallback-0")
            escalation.set_fallback(work, wanted)

        here.run(job)
    except Refused as error:
        return _show(here, refused(form, error, {"fallback": "fallback-0"}), [t.removeprefix("user:") for t in typed])
    return here.go("/settings", Flash("Saved. They are told when nothing else reaches anybody."))


@router.get("/settings/tokens")
def show_tokens(here: Here) -> Response:
    return _tokens(here, Draft(), None)


def _tokens(here: Here, draft: Draft, shown: Shown | None) -> Response:
    def look(read: Read) -> TokensPage:
        found = tokens.installed(read)
        owners = people.people(read, [t.user_id for t in found if t.user_id])
        return TokensPage(
            [
                (t, owners[t.user_id].user.display_name if t.user_id in owners else "the installation",
                 moment(t.last_used_at, read.now, here.zone), moment(t.expires_at, read.now, here.zone))
                for t in found
            ],
            [p.value for p in Permission if here.may(p)], draft, shown,
        )  # fmt: skip

    return here.page("settings/tokens.html", here.read(look), title="API tokens", nav="settings", status=draft.status)


@router.post("/settings/tokens")
def create_token(here: Here, form: Form, lists: FormLists) -> Response:
    if away := proving.detour(here, "/settings/tokens"):
        return away
    try:
        issued = here.run(lambda work: token_of(work, form, lists.get("scopes", []), personal=False))
    except Refused as error:
        return _tokens(here, refused(form, error), None)
    return _tokens(here, Draft(), Shown("The API token", issued.plain))


@router.post("/settings/tokens/{token_id}/revoke")
def revoke_token(here: Here, token_id: str) -> Response:
    here.run(lambda work: tokens.revoke(work, token_id))
    return here.go("/settings/tokens", Flash("The token is revoked.", "note"))


@router.get("/settings/journal")
def show_journal(here: Here, before: Before = None, check: bool = False) -> Response:
    def look(read: Read) -> JournalPage:
        found = journal_read.latest(read, before=before, limit=PER_PAGE + 1)
        shown = found[:PER_PAGE]
        known = look_up(read, sentences.wanted(shown))
        lines = [
            (sentences.line(entry, known, here.zone, read.now), _about(entry, known), _link(entry.subject, known))
            for entry in shown
        ]
        key = here.site.runner.key
        faults = None
        if check:
            faults = [f"{f.chain}, row {f.n}: {f.reason}" for f in journal_read.faults(read, {key.kid: key.key})]
        older = f"/settings/journal?before={shown[-1].seq}" if len(found) > PER_PAGE else ""
        return JournalPage(lines, older, faults)

    return here.page("settings/journal.html", here.read(look), title="Journal", nav="settings")


def _about(entry: Entry, known: names.Names) -> str:
    return "" if entry.actor == f"user:{entry.subject}" else known.of(entry.subject)


def _link(subject: str, known: names.Names) -> str:
    prefix = subject.partition("_")[0]
    places = {"usr": "/people/", "team": "/teams/", "svc": "/services/", "sch": "/on-call/", "pol": "/policies/",
              "int": "/integrations/", "alr": "/alerts/"}  # fmt: skip
    return places[prefix] + subject if prefix in places and (subject in known.known or prefix == "alr") else ""
