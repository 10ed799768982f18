"""What is compared with what: a wish completed from what is there, and of what is there the part that is spoken of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from firebell.kernel.errors import Invalid
from firebell.workflows.config import component_trees
from firebell.workflows.config.channels import ChannelDeclaration
from firebell.workflows.config.response_specs import StatusPageSpec, WebhookSpec
from firebell.workflows.config.schedules import settled_layers
from firebell.workflows.config.slo_specs import AdjustmentSpec, DataSourceSpec
from firebell.workflows.config.specs import Item, MethodSpec, ScheduleSpec, ServiceSpec, UserSpec


def completed(wanted: Item, current: Item, channels: Mapping[str, ChannelDeclaration]) -> Item:
    """``wanted`` with what only the house knows: secrets that the file leaves out stay as they are."""
    spec, now = wanted.spec, current.spec
    if isinstance(spec, ServiceSpec) and isinstance(now, ServiceSpec):
        keys = {(i.name, i.source): i.key for i in now.integrations}
        doors = tuple(i if i.key else replace(i, key=keys.get((i.name, i.source))) for i in spec.integrations)
        return replace(wanted, spec=replace(spec, integrations=doors))
    if isinstance(spec, UserSpec) and isinstance(now, UserSpec):
        before = {(m.name, m.channel): m for m in now.methods}
        methods = tuple(_settled(m, before.get((m.name, m.channel)), channels) for m in spec.methods)
        return replace(wanted, spec=replace(spec, methods=methods))
    if isinstance(spec, ScheduleSpec) and isinstance(now, ScheduleSpec):
        return replace(wanted, spec=replace(spec, layers=settled_layers(spec.layers, now.layers)))
    if isinstance(spec, WebhookSpec) and isinstance(now, WebhookSpec) and spec.flavour == now.flavour:
        return replace(wanted, spec=replace(spec, url=spec.url or now.url, secret=spec.secret or now.secret))
    if isinstance(spec, StatusPageSpec) and isinstance(now, StatusPageSpec):
        return replace(wanted, spec=replace(spec, password_hash=spec.password_hash or now.password_hash))
    if isinstance(spec, DataSourceSpec) and isinstance(now, DataSourceSpec):
        # Without a file there is no secret; with one that was not sent along it stays what it is.
        kept = now.secret if spec.secret is None and spec.secret_file else spec.secret
        return replace(wanted, spec=replace(spec, secret=kept))
    if isinstance(spec, AdjustmentSpec) and isinstance(now, AdjustmentSpec):
        spec = replace(spec, author=spec.author or now.author)
        # Approved here, it stays approved for as long as the file says the same.
        approved = replace(spec, approver=now.approver)
        return replace(wanted, spec=approved if not spec.approver and approved == now else spec)
    return wanted


def _settled(wanted: MethodSpec, current: MethodSpec | None, channels: Mapping[str, ChannelDeclaration]) -> MethodSpec:
    if current is None:
        return wanted
    kept = {name: current.values[name] for name in wanted.secret - wanted.values.keys() if name in current.values}
    values = {**wanted.values, **kept}
    if kept:
        try:
            checked = channels[wanted.channel].check(values)
        except Invalid:
            return replace(wanted, values=values)  # said by the command, at the object's place
        values = {name: checked[name] for name in values if name in checked}
    # “verified: false” asks the owner to confirm; once they have, there is nothing left to ask.
    confirmed = current.verified and values == dict(current.values)
    return replace(wanted, values=values, verified=wanted.verified or confirmed)


def spoken_of(current: Item, wanted: Item, by_hand: Collection[tuple[str, str, str]], *, prune: bool) -> Item:
    """``current`` without the contact methods, integrations and components that people added beside the file's."""
    if prune:
        return current
    spec, now = wanted.spec, current.spec
    if isinstance(spec, UserSpec) and isinstance(now, UserSpec):
        names = {m.name for m in spec.methods}
        methods = tuple(m for m in now.methods if m.name in names or ("User", current.name, m.name) not in by_hand)
        return replace(current, spec=replace(now, methods=methods))
    if isinstance(spec, ServiceSpec) and isinstance(now, ServiceSpec):
        names = {i.name for i in spec.integrations}
        doors = tuple(
            i for i in now.integrations if i.name in names or ("Service", current.name, i.name) not in by_hand
        )
        return replace(current, spec=replace(now, integrations=doors))
    if isinstance(spec, StatusPageSpec) and isinstance(now, StatusPageSpec):
        theirs = {path for kind, owner, path in by_hand if (kind, owner) == ("StatusPage", current.name)}
        components = component_trees.spoken_of(now.components, spec.components, theirs)
        return replace(current, spec=replace(now, components=components))
    return current
