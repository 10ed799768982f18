"""``/api/v1/users/{user}/contact-methods`` and ``/notification-rules``: how a person is reached."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from firebell.domain.paging import queries as paging
from firebell.domain.people import methods, queries, rules, verification
from firebell.domain.people.methods import NewRule
from firebell.domain.people.model import ContactMethod, NotificationRule, Urgency
from firebell.entrypoints.api import references
from firebell.entrypoints.api.alerts import delivery_shown
from firebell.entrypoints.api.frame import Body, Shown, iso
from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import Site, read, run, site_of
from firebell.integrations.channels.contract import Channel, made_up
from firebell.kernel.actor import Permission
from firebell.kernel.errors import Invalid, NotFound
from firebell.kernel.work import Read, Work
from firebell.workflows import code_sent, rules_changed

router = APIRouter(prefix="/users/{user}", tags=["users"], route_class=ApiRoute)

Values = Annotated[dict[str, Annotated[str, Field(max_length=4096)]], Field(max_length=20)]


class MethodShown(Shown):
    """A contact method. ``values`` are the channel's fields without the secret ones."""

    id: str
    user_id: str
    name: str
    channel: str
    values: dict[str, Any]
    masked: str
    verified_at: str | None
    disabled_at: str | None
    disabled_reason: str | None
    failing: int
    last_delivered_at: str | None
    managed_by: str | None
    html_url: str


class MethodMade(MethodShown):
    """``made_secrets``: secrets that Firebell made because none were given. Keep them: this answer alone shows them."""

    made_secrets: dict[str, str] = Field(default_factory=dict)


class NewMethod(Body):
    """``values``: the fields the channel declares (``to`` first). Administrators may spare the code: ``trusted``."""

    name: str = Field(max_length=63)
    channel: str = Field(max_length=63)
    values: Values
    trusted: bool = False


class MethodEdit(Body):
    """What to change. ``values`` replace those named in them; another destination must be verified anew."""

    name: str | None = Field(None, max_length=63)
    values: Values | None = None
    enabled: bool | None = None
    trusted: bool = False


class Code(Body):
    """``code``: the one that arrived. Without it one is sent."""

    code: str | None = Field(None, max_length=20)


class Proof(Shown):
    """``outcome``: sent, verified, wrong, expired or no_tries_left. ``delivery_id``: the message with the code."""

    outcome: str
    delivery_id: str | None = None


class RuleShown(Shown):
    """``delay_s`` after a page began, use this method. No ``hours``: always."""

    method_id: str
    method: str
    delay_s: int
    hours: list[dict[str, Any]]


class Rules(Shown):
    high: list[RuleShown]
    low: list[RuleShown]


class Hours(Body):
    """A weekly window on the person's own clock; ``to`` not after ``from`` runs past midnight."""

    days: list[str] = Field(max_length=7)
    since: str = Field(alias="from", max_length=5)
    until: str = Field(alias="to", max_length=5)


class RuleGiven(Body):
    """``method`` is a name or an id."""

    method: str = Field(max_length=100)
    delay_s: int = Field(0, ge=0, le=rules.DELAY_S_MAX)
    hours: list[Hours] = Field(default_factory=list, max_length=21)


class RulesGiven(Body):
    """The whole sets; one that is left out stays."""

    high: list[RuleGiven] | None = Field(None, max_length=rules.RULES_MAX)
    low: list[RuleGiven] | None = Field(None, max_length=rules.RULES_MAX)


def shown(request: Request, method: ContactMethod) -> MethodShown:
    """A contact method as the API shows it."""
    site = site_of(request)
    channel = site.channels.get(method.channel)
    open_fields = {f.name for f in channel.method_fields if f.kind != "secret"} if channel else {"to"}
    return MethodShown(
        id=method.id, user_id=method.user_id, name=method.name, channel=method.channel,
        values={name: value for name, value in method.config.items() if name in open_fields}, masked=method.masked,
        verified_at=iso(method.verified_at), disabled_at=iso(method.disabled_at),
        disabled_reason=method.disabled_reason, failing=method.failing,
        last_delivered_at=iso(method.last_delivered_at), managed_by=method.managed_by,
        html_url=f"{site.base_url}/people/{method.user_id}#{method.id}",
    )  # fmt: skip


def _with_secrets(request: Request, method: ContactMethod, secrets: dict[str, str]) -> MethodMade:
    return MethodMade(**shown(request, method).model_dump(), made_secrets=secrets)


@router.get("/contact-methods")
def list_methods(request: Request, user: str, caller: Caller) -> list[MethodShown]:
    """A person's contact methods: for themselves and for administrators."""
    found = read(request, lambda r: queries.methods(r, owner_of(r, user)), caller)
    return [shown(request, method) for method in found]


@router.post("/contact-methods", status_code=201)
def add_method(request: Request, user: str, caller: Caller, body: NewMethod) -> MethodMade:
    """A new destination. It is never paged before it is verified.

    A webhook's signing secret that is left out is made, and shown in this answer only.
    """
    site = site_of(request)
    channel = _channel(site, body.channel)

    def make(w: Work) -> tuple[ContactMethod, dict[str, str]]:
        owner = owner_of(w, user)
        values = _checked(channel, body.values)
        made = methods.add_method(
            w, owner, name=body.name, channel=body.channel, config=values, masked=channel.mask(values),
            sealer=site.sealing, trusted=body.trusted,
        )  # fmt: skip
        return _of(w, owner, made), made_up(channel, body.values, values)

    return _with_secrets(request, *run(request, make, caller))


@router.get("/contact-methods/{method}")
def get_method(request: Request, user: str, method: str, caller: Caller) -> MethodShown:
    """One contact method, by id or name."""
    return shown(request, read(request, lambda r: _of(r, owner_of(r, user), method), caller))


@router.patch("/contact-methods/{method}")
def edit_method(request: Request, user: str, method: str, caller: Caller, body: MethodEdit) -> MethodMade:
    """Change what is given. A webhook's ``secret`` that is emptied is made anew, and shown in this answer only."""
    site = site_of(request)

    def change(w: Work) -> tuple[ContactMethod, dict[str, str]]:
        found = _of(w, owner_of(w, user), method)
        values: dict[str, str] | None = None
        secrets: dict[str, str] = {}
        if body.values is not None:
            channel = _channel(site, found.channel)
            before = site.sealing.unseal(found.id, found.channel, found.config)
            given = {**before, **body.values}
            values = _checked(channel, given)
            secrets = made_up(channel, given, values)
        methods.edit_method(
            w, found.id, name=body.name, config=values,
            masked=_channel(site, found.channel).mask(values) if values is not None else None, sealer=site.sealing,
            trusted=body.trusted,
        )  # fmt: skip
        if body.enabled is not None:
            (methods.enable_method if body.enabled else methods.disable_method)(w, found.id)
        return _of(w, found.user_id, found.id), secrets

    return _with_secrets(request, *run(request, change, caller))


@router.delete("/contact-methods/{method}", status_code=204)
def remove_method(request: Request, user: str, method: str, caller: Caller) -> None:
    """Forget a destination and the rules that use it."""
    run(request, lambda w: methods.remove_method(w, _of(w, owner_of(w, user), method).id), caller)


@router.post("/contact-methods/{method}:verify")
def verify(
    request: Request, response: Response, user: str, method: str, caller: Caller, body: Code | None = None
) -> Proof:
    """Without a code: send one (202). With it: compare."""
    code = body.code if body else None

    def act(w: Work) -> Proof:
        found = _of(w, owner_of(w, user), method)
        if code is None:
            return Proof(outcome="sent", delivery_id=code_sent.send_code(w, found.id, found.user_id).id)
        return Proof(outcome=verification.confirm_verification(w, found.id, code))

    proof = run(request, act, caller)
    if proof.outcome == "sent":
        response.status_code = 202
    return proof


@router.post("/contact-methods/{method}:test", status_code=202)
def test(request: Request, user: str, method: str, caller: Caller) -> Proof:
    """Send a test message; what the provider says stands in the person's deliveries."""

    def act(w: Work) -> Proof:
        found = _of(w, owner_of(w, user), method)
        return Proof(outcome="sent", delivery_id=code_sent.send_test(w, found.id, found.user_id).id)

    return run(request, act, caller)


@router.get("/deliveries/{delivery_id}")
def delivery(request: Request, user: str, delivery_id: str, caller: Caller) -> dict[str, Any]:
    """One message with every attempt: what came of a test."""

    def look(r: Read) -> dict[str, Any]:
        for line in paging.ledger_of_user(r, owner_of(r, user), before_id=f"{delivery_id}~", limit=1):
            if line.delivery.id == delivery_id:
                return delivery_shown(line)
        raise NotFound("There is no such delivery.")

    return read(request, look, caller)


@router.get("/notification-rules")
def get_rules(request: Request, user: str, caller: Caller) -> Rules:
    """After how long each method is used, by urgency. An empty set: every method at once."""
    return read(request, lambda r: _rules(r, owner_of(r, user)), caller)


@router.put("/notification-rules")
def set_rules(request: Request, user: str, caller: Caller, body: RulesGiven) -> Rules:
    """Make these the whole sets."""

    def change(w: Work) -> Rules:
        owner = owner_of(w, user)
        for urgency, given in ((Urgency.HIGH, body.high), (Urgency.LOW, body.low)):
            if given is not None:
                theirs = {m.name: m.id for m in queries.methods(w, owner)}
                new = [
                    NewRule(theirs.get(g.method, g.method), g.delay_s, [h.model_dump(by_alias=True) for h in g.hours])
                    for g in given
                ]
                rules_changed.set_rules(w, owner, urgency, new)
        return _rules(w, owner)

    return run(request, change, caller)


def owner_of(r: Read, user: str) -> str:
    """The id of the person in a path. People find themselves without leave to see others."""
    if r.actor.kind == "user" and user == r.actor.id:
        return user
    r.needs(Permission.PEOPLE_VIEW)
    return references.user(r, user).id


def _of(r: Read, owner: str, method: str) -> ContactMethod:
    found = next((m for m in queries.methods(r, owner) if method in (m.id, m.name)), None)
    if found is None:
        raise NotFound("There is no such contact method.")
    return found


def _channel(site: Site, slug: str) -> Channel:
    found = site.channels.get(slug)
    if found is None:
        raise Invalid("There is no such channel.", field="channel", hint=f"One of {', '.join(site.channels)}.")
    return found


def _checked(channel: Channel, values: dict[str, str]) -> dict[str, str]:
    declared = [f.name for f in channel.method_fields]
    for name in values:
        if name not in declared:
            raise Invalid(
                f"“{name[:100]}” is not known here.",
                field=f"values.{name[:100]}",
                hint=f"One of {', '.join(declared)}.",
            )
    try:
        return channel.check(values)
    except Invalid as error:
        raise Invalid(
            error.message, field=f"values.{error.field}" if error.field else "values", hint=error.hint
        ) from None


def _rules(r: Read, owner: str) -> Rules:
    theirs = {m.id: m.name for m in queries.methods(r, owner)}

    def of(found: NotificationRule) -> RuleShown:
        hours = rules.hours_document(found.hours)
        return RuleShown(
            method_id=found.method_id, method=theirs.get(found.method_id, ""), delay_s=found.delay_s, hours=hours
        )

    every = queries.notification_rules(r, owner)
    return Rules(
        high=[of(one) for one in every if one.urgency is Urgency.HIGH],
        low=[of(one) for one in every if one.urgency is Urgency.LOW],
    )
