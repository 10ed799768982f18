"""Documents about what leaves the house → typed specs: status pages with their components, and webhooks."""

from __future__ import annotations

from firebell.domain.people import passwords
from firebell.domain.statuspage import rules
from firebell.domain.statuspage.model import WEIGHTS, Access
from firebell.domain.webhooks import rules as webhook_rules
from firebell.domain.webhooks.model import CHATTY, Flavour
from firebell.workflows.config.parsed import Parsing, fit, number, time_zone
from firebell.workflows.config.reading import Part
from firebell.workflows.config.response_specs import ComponentSpec, StatusPageSpec, WebhookSpec

COMPONENTS_MAX = 500


def status_page(name: str, part: Part, parsing: Parsing) -> StatusPageSpec:
    password = part.optional("password")
    if password is not None:
        fit(part, "password", lambda: passwords.check(password))
    listed = part.texts("addresses")
    addresses = [fit(part, f"addresses[{i}]", lambda a=one: rules.addresses([a])) for i, one in enumerate(listed)]  # type: ignore[misc]
    access = part.choice("access", [str(one) for one in Access], str(Access.PUBLIC))
    if access == Access.ADDRESSES and not listed:
        part.problem("access", "A page for some networks needs at least one.", "Write “addresses: [192.0.2.0/24]”.")
    display_name, description = part.text("displayName", name), part.text("description", "")
    url, domain = part.text("url", ""), part.optional("domain")
    found = StatusPageSpec(
        display_name=fit(part, "displayName", lambda: rules.label(display_name, "", 100)) or display_name,
        description=fit(part, "description", lambda: rules.words(description, "")) or "",
        url=fit(part, "url", lambda: rules.url(url)) or "",
        time_zone=time_zone(part, "timeZone", "Etc/UTC"),
        domain=fit(part, "domain", lambda: rules.domain(domain)),
        access=access,
        addresses=tuple(dict.fromkeys(network for one in addresses if one for network in one)),
        auto_posts=part.flag("autoPosts", False),
        ledger_public=part.flag("publicLedger", False),
        weights=_weights(part.part("weights")),
        disabled=part.flag("disabled", False),
        components=_components(part, 0),
        password=password,
    )
    if sum(1 for _ in flat(found.components)) > COMPONENTS_MAX:
        part.problem("components", f"A page has at most {COMPONENTS_MAX} components.")
    return found


def flat(components: tuple[ComponentSpec, ...]) -> list[ComponentSpec]:
    """All of a tree, from top to bottom."""
    return [each for one in components for each in (one, *flat(one.components))]


def _weights(part: Part) -> dict[str, float]:
    found: dict[str, float] = {}
    for state, usual in WEIGHTS.items():
        found[state] = number(part, state, usual)
        if not 0 <= found[state] <= 1:
            part.problem(state, "A weight is a number from 0 to 1.")
    part.close()
    return found


def _components(part: Part, depth: int) -> tuple[ComponentSpec, ...]:
    return tuple(_component(inner, depth) for inner in part.parts("components"))


def _component(part: Part, depth: int) -> ComponentSpec:
    is_group = part.has("group")
    key = "group" if is_group else "name"
    name, description = part.text(key), part.text("description", "")
    if is_group and depth >= rules.GROUP_DEPTH_MAX:
        part.problem("group", f"Groups nest at most {rules.GROUP_DEPTH_MAX} deep.")
    found = ComponentSpec(
        name=(fit(part, key, lambda: rules.label(name, "", 100)) or name) if name else "",
        description=fit(part, "description", lambda: rules.words(description, "")) or "",
        is_group=is_group,
        showcase=part.flag("showcase", True),
        hidden=part.flag("hidden", False),
        only_show_if_degraded=part.flag("onlyShowIfDegraded", False),
        components=_components(part, depth + 1) if is_group and depth < rules.GROUP_DEPTH_MAX else (),
    )
    if not is_group:
        part.raw("group")  # so that a slip for it is told what it is near to
        if part.has("components"):
            part.raw("components")
            part.problem("components", "Only a group holds components.", "Write “group:” instead of “name:”.")
    part.close()
    return found


def webhook(_: str, part: Part, parsing: Parsing) -> WebhookSpec:
    flavour = part.choice("flavour", [str(one) for one in Flavour], str(Flavour.STANDARD))
    url, secret, events = part.optional("url"), part.optional("secret"), part.texts("events")
    address = fit(part, "url", lambda: webhook_rules.url(url)) if url is not None else None
    if secret is not None and flavour in CHATTY:
        part.problem("secret", "A chat's webhook has no signing secret: its address is the secret.", "Leave it out.")
    elif secret is not None:
        fit(part, "secret", lambda: webhook_rules.secret(secret, Flavour(flavour)))
    return WebhookSpec(
        events=fit(part, "events", lambda: webhook_rules.events(events)) or (),
        url=address[0] if address is not None else None,
        flavour=flavour,
        private=part.flag("private", False),
        secret=secret.strip() if secret is not None else None,
    )
