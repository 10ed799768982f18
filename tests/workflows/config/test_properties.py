"""What holds for every configuration: it can be written down, applied twice, exported and applied again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from hypothesis import HealthCheck, Phase, assume, given, settings

from firebell.domain.people import commands as users
from firebell.integrations.channels import all_channels
from firebell.kernel.actor import GRANTS, Actor, Role
from firebell.workflows.config.exporting import as_yaml
from firebell.workflows.config.parsing import parse
from firebell.workflows.config.reading import File
from firebell.workflows.config.response_specs import WebhookSpec
from firebell.workflows.config.specs import KINDS, Item, ServiceSpec, UserSpec, written
from tests.effort import examples
from tests.workflows.config.conftest import Hand, opened
from tests.workflows.config.worlds import worlds

ROOT = ("User", "root")
# Shrinking runs whole applications hundreds of times: the failing company is quicker read than shrunk.
few = settings(
    max_examples=examples(6, soak=200),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.reuse, Phase.generate],
)


@contextmanager
def house() -> Iterator[Hand]:
    with opened("sqlite:///:memory:") as hand:
        root = hand.runner.run(lambda work: users.create_user(work, name="root", role=Role.ADMIN))
        hand.actor = Actor("user", root, grants=GRANTS[Role.ADMIN])
        yield hand


def text_of(items: list[Item]) -> str:
    """The items as a file, secrets included, as people write them."""
    documents = []
    for item in items:
        document = written(item)
        if isinstance(item.spec, ServiceSpec):
            for door, spec in zip(document["spec"].get("integrations", []), item.spec.integrations, strict=True):
                door.update({"key": spec.key} if spec.key else {})
        if isinstance(item.spec, UserSpec):
            for method, told in zip(document["spec"].get("contactMethods", []), item.spec.methods, strict=True):
                method.update(told.values)
        if isinstance(item.spec, WebhookSpec):
            document["spec"]["url"] = item.spec.url
        documents.append(document)
    return as_yaml(documents)


def without_keys(item: Item) -> Item:
    if not isinstance(item.spec, ServiceSpec):
        return item
    doors = tuple(replace(door, key=None) for door in item.spec.integrations)
    return replace(item, spec=replace(item.spec, integrations=doors))


def with_made_up_secrets(item: Item, found: Item) -> Item:
    """A webhook without a secret gets one."""
    if isinstance(item.spec, WebhookSpec) and isinstance(found.spec, WebhookSpec):
        return replace(item, spec=replace(item.spec, secret=found.spec.secret))
    if not isinstance(item.spec, UserSpec) or not isinstance(found.spec, UserSpec):
        return without_keys(item)
    known = {method.name: method.values.get("secret", "") for method in found.spec.methods}
    methods = tuple(
        replace(method, values={**method.values, "secret": known[method.name]})
        if method.channel == "webhook"
        else method
        for method in item.spec.methods
    )
    return replace(item, spec=replace(item.spec, methods=methods))


def without_webhooks(text: str) -> str:
    return "---\n".join(part for part in text.split("---\n") if "kind: Webhook" not in part)


@given(worlds())
@settings(max_examples=examples(40, soak=1000), deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_written_down_reads_back_as_it_was(items: list[Item]) -> None:
    problems: list[object] = []
    desired = parse([File("acme.yaml", text_of(items))], {}, all_channels(), ("alertmanager", "generic"), problems)  # type: ignore[arg-type]
    assert problems == []
    assert desired.items == {item.key: item for item in items}


@given(worlds())
@few
def test_applied_twice_it_changes_nothing_and_exported_it_is_the_same(items: list[Item]) -> None:
    text = text_of(items)
    with house() as hand:
        hand.apply(text)
        facts = hand.facts()
        assert hand.apply(text, prune=True).changes == ()
        assert hand.facts() == facts
        found = {key: without_keys(item) for key, item in hand.current().items.items() if key != ROOT}
        assert found == {item.key: with_made_up_secrets(item, found[item.key]) for item in items}
        exported = hand.export()
        assert hand.plan(exported, prune=True).changes == ()
        # Addresses of webhooks are secrets, and have no replacement that could be made up.
        elsewhere = {path: told for path, text in exported.items() if (told := without_webhooks(text))}
        with house() as other:
            other.apply(elsewhere)
            assert other.plan(elsewhere, prune=True).changes == ()


@given(worlds(), worlds())
@few
def test_from_any_configuration_to_any_other(before: list[Item], after: list[Item]) -> None:
    assume({item.kind for item in after} == set(KINDS))
    with house() as hand:
        hand.apply(text_of(before))
        planned = hand.plan(text_of(after), prune=True)
        done = hand.apply(text_of(after), prune=True)
        assert planned.changes == done.changes
        assert planned.coming == done.coming
        assert hand.plan(text_of(after), prune=True).changes == ()
        assert set(hand.current().items) == {ROOT, *(item.key for item in after)}
        assert hand.plan(hand.export(), prune=True).changes == ()
