"""Contact methods, their verification, and notification rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from firebell.domain.people import access_store, methods, prune, queries, rules, verification
from firebell.domain.people.methods import NewRule
from firebell.domain.people.model import ContactMethod, DisabledReason, Unreachable
from firebell.domain.people.verification import Confirmation
from firebell.kernel.errors import Conflict, Invalid, TooMany


def only(house: Any, user_id: str) -> ContactMethod:
    [found] = house.look(lambda read: queries.methods(read, user_id))
    return found


def reason(house: Any, user_id: str) -> Unreachable | None:
    return rules.reachable(house.look(lambda read: queries.person(read, user_id)))


def send(house: Any, method_id: str) -> str:
    return house.do(lambda work: verification.start_verification(work, method_id))


def type_in(house: Any, method_id: str, code: str) -> Confirmation:
    return house.do(lambda work: verification.confirm_verification(work, method_id, code))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_method_counts_only_once_its_code_came_back(house: Any) -> None:
    ann = house.person("ann")
    mail = house.method(ann)
    assert reason(house, ann) is Unreachable.NO_VERIFIED_METHOD
    code = send(house, mail)
    assert len(code) == 6
    assert type_in(house, mail, wrong(code)) is Confirmation.WRONG
    assert type_in(house, mail, f" {code[:3]} {code[3:]}") is Confirmation.VERIFIED
    assert reason(house, ann) is None
    assert house.facts(ann)[-1] == "method.verified"
    assert type_in(house, mail, "anything") is Confirmation.VERIFIED


def test_a_code_lasts_fifteen_minutes_and_five_tries(house: Any) -> None:
    mail = house.method(house.person("ann"))
    code = send(house, mail)
    answers = [type_in(house, mail, wrong(code)) for _ in range(5)]
    assert answers == [Confirmation.WRONG] * 4 + [Confirmation.NO_TRIES_LEFT]
    assert type_in(house, mail, code) is Confirmation.NO_TRIES_LEFT
    code = send(house, mail)
    house.clock.advance(15 * 60)
    assert type_in(house, mail, code) is Confirmation.EXPIRED


def test_a_new_code_ends_the_one_before(house: Any) -> None:
    mail = house.method(house.person("ann"))
    first = send(house, mail)
    second = send(house, mail)
    if first != second:
        assert type_in(house, mail, first) is Confirmation.WRONG
    assert type_in(house, mail, second) is Confirmation.VERIFIED


def test_three_codes_in_ten_minutes_and_no_more(house: Any) -> None:
    mail = house.method(house.person("ann"))
    for _ in range(3):
        send(house, mail)
    with pytest.raises(TooMany):
        send(house, mail)
    house.clock.advance(600)
    send(house, mail)


def test_removing_and_adding_a_method_again_does_not_send_without_end(house: Any) -> None:
    ann = house.person("ann")
    for _ in range(5):
        mail = house.method(ann)
        send(house, mail)
        send(house, mail)
        house.do(lambda work, m=mail: methods.remove_method(work, m))
    mail = house.method(ann)
    with pytest.raises(TooMany):
        send(house, mail)
    house.clock.advance(3600)
    send(house, mail)


def test_the_code_is_not_stored_and_not_journalled(house: Any) -> None:
    ann = house.person("ann")
    code = send(house, house.method(ann))
    rows = house.look(lambda read: read.all(access_store.verifications_table.select()))
    assert code not in str(rows[0].code_hash)
    assert code not in str([entry.data for entry in house.history(ann)])


def test_a_changed_destination_is_unverified_and_its_old_code_is_void(house: Any) -> None:
    ann = house.person("ann")
    mail = house.method(ann, trusted=True)
    house.do(lambda work: methods.edit_method(work, mail, name="post", config={"to": "mail@example.com"}))
    assert only(house, ann).verified_at is not None  # only the name is new
    house.do(lambda work: methods.edit_method(work, mail, config={"to": "other@example.com"}, masked="o…"))
    assert only(house, ann).verified_at is None
    code = send(house, mail)
    house.do(lambda work: methods.edit_method(work, mail, config={"to": "third@example.com"}))
    assert type_in(house, mail, code) is Confirmation.EXPIRED


def test_an_administrators_word_stands_for_a_code_and_is_journalled(house: Any) -> None:
    ann = house.person("ann")
    mail = house.method(ann, trusted=True)
    assert only(house, ann).usable
    assert house.facts(ann)[-2:] == ["method.added", "method.trusted"]
    house.do(lambda work: methods.edit_method(work, mail, config={"to": "new@example.com"}, trusted=True))
    assert only(house, ann).usable
    assert house.facts(ann)[-2:] == ["method.trusted", "method.edited"]


class Reversing:
    """Seals by turning the text round, with the row's id in front, so that a mix-up shows."""

    def seal(self, method_id: str, channel: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return {key: f"{method_id}|{value[::-1]}" for key, value in config.items()}

    def unseal(self, method_id: str, channel: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
        opened = {}
        for key, value in config.items():
            row, _, text = value.partition("|")
            assert row == method_id
            opened[key] = text[::-1]
        return opened


def test_secrets_are_sealed_for_their_row_and_compared_open(house: Any) -> None:
    ann = house.person("ann")
    fields = {"name": "hook", "channel": "webhook", "config": {"url": "abc"}, "masked": "…c"}
    hook = house.do(lambda work: methods.add_method(work, ann, **fields, sealer=Reversing(), trusted=True))
    assert only(house, ann).config == {"url": f"{hook}|cba"}
    house.do(lambda work: methods.edit_method(work, hook, config={"url": "abc"}, sealer=Reversing()))
    assert only(house, ann).usable
    house.do(lambda work: methods.edit_method(work, hook, config={"url": "abd"}, sealer=Reversing()))
    assert only(house, ann).config == {"url": f"{hook}|dba"}
    assert not only(house, ann).usable


def test_three_permanent_failures_switch_a_method_off_and_a_delivery_wipes_the_slate(house: Any) -> None:
    ann = house.person("ann")
    mail = house.method(ann, trusted=True)

    def fail(*, permanent: bool = True) -> DisabledReason | None:
        return house.do(lambda work: methods.note_failed(work, mail, permanent=permanent))

    assert [fail(), fail(permanent=False), fail()] == [None] * 3
    house.do(lambda work: methods.note_delivered(work, mail, work.now))
    assert only(house, ann).last_delivered_at == house.clock.now()
    assert [fail(), fail()] == [None] * 2
    assert fail() is DisabledReason.PERMANENT_FAILURES
    assert reason(house, ann) is Unreachable.NO_VERIFIED_METHOD
    assert house.history(ann)[-1].data == {"method": mail, "reason": "permanent_failures"}
    assert fail() is None  # said once
    house.do(lambda work: methods.enable_method(work, mail))
    assert (only(house, ann).failing, reason(house, ann)) == (0, None)


def test_a_report_about_a_method_that_is_gone_is_no_error(house: Any) -> None:
    mail = house.method(house.person("ann"))
    house.do(lambda work: methods.remove_method(work, mail))
    house.do(lambda work: methods.note_delivered(work, mail, work.now, test=True))
    assert house.do(lambda work: methods.note_failed(work, mail, permanent=True)) is None


def test_switching_off_and_on_by_hand(house: Any) -> None:
    ann = house.person("ann")
    mail = house.method(ann, trusted=True)
    for _ in range(2):
        house.do(lambda work: methods.disable_method(work, mail))
    assert only(house, ann).disabled_reason is DisabledReason.BY_HAND
    for _ in range(2):
        house.do(lambda work: methods.enable_method(work, mail))
    assert house.facts(ann)[-2:] == ["method.disabled", "method.enabled"]
    assert only(house, ann).usable


def test_a_person_has_at_most_twenty_methods_with_different_names(house: Any) -> None:
    ann = house.person("ann")
    for i in range(20):
        house.method(ann, f"m{i}")
    with pytest.raises(Invalid):
        house.method(ann, "m20")
    house.do(lambda work: methods.remove_method(work, queries.methods(work, ann)[0].id))
    with pytest.raises(Conflict):
        house.method(ann, "m1")


# ---------------------------------------------------------------- rules


def test_rules_are_set_per_urgency_and_go_with_their_method(house: Any) -> None:
    ann = house.person("ann")
    mail, push = house.method(ann), house.method(ann, "push", channel="ntfy")
    night = [{"days": ["mon", "tue"], "from": "22:00", "to": "06:00"}]
    house.do(lambda work: methods.set_rules(work, ann, "high", [NewRule(mail, 120), NewRule(push, 0, night)]))
    house.do(lambda work: methods.set_rules(work, ann, "low", [NewRule(mail)]))
    found = house.look(lambda read: queries.notification_rules(read, ann))
    assert [(r.urgency, r.method_id, r.delay_s) for r in found] == [
        ("high", push, 0), ("high", mail, 120), ("low", mail, 0),
    ]  # fmt: skip
    assert rules.hours_document(found[0].hours) == night
    house.do(lambda work: methods.remove_method(work, mail))
    assert [r.method_id for r in house.look(lambda read: queries.notification_rules(read, ann))] == [push]


def test_setting_the_same_rules_again_changes_nothing(house: Any) -> None:
    ann = house.person("ann")
    mail = house.method(ann)
    first = house.do(lambda work: methods.set_rules(work, ann, "high", [NewRule(mail), NewRule(mail, 60)]))
    again = house.do(lambda work: methods.set_rules(work, ann, "high", [NewRule(mail, 60), NewRule(mail)]))
    assert again == first
    assert house.facts(ann).count("rules.set") == 1


def test_rules_that_point_nowhere_or_are_too_many_are_refused(house: Any) -> None:
    ann = house.person("ann")
    mail, bobs = house.method(ann), house.method(house.person("bob"))

    def refused(new: list[NewRule], urgency: str = "high") -> str | None:
        with pytest.raises(Invalid) as error:
            house.do(lambda work: methods.set_rules(work, ann, urgency, new))
        return error.value.field

    assert refused([NewRule(mail), NewRule(bobs)]) == "rules[1].method_id"
    assert refused([NewRule(mail, 86_401)]) == "rules[0].delay_s"
    assert refused([NewRule(mail, -1)]) == "rules[0].delay_s"
    assert refused([NewRule(mail, 0, [{"days": ["x"], "from": "1", "to": "2"}])]) == "rules[0].hours[0].days"
    assert refused([], "urgent") == "urgency"
    house.do(lambda work: methods.set_rules(work, ann, "low", [NewRule(mail, i) for i in range(30)]))
    assert refused([NewRule(mail, i) for i in range(11)]) == "rules"
    house.do(lambda work: methods.set_rules(work, ann, "high", [NewRule(mail, i) for i in range(10)]))


# ---------------------------------------------------------------- what is forgotten


def test_methods_nobody_proved_are_forgotten_when_their_code_runs_out(house: Any) -> None:
    ann = house.person("ann")
    waiting, untouched, proven = house.method(ann), house.method(ann, "later"), house.method(ann, "good", trusted=True)
    send(house, waiting)
    house.clock.advance(14 * 60)
    house.do(prune.prune)
    send(house, waiting)
    house.clock.advance(14 * 60)
    house.do(prune.prune)
    assert len(house.look(lambda read: queries.methods(read, ann))) == 3
    house.clock.advance(60)
    house.do(prune.prune)
    assert {m.id for m in house.look(lambda read: queries.methods(read, ann))} == {untouched, proven}
    assert house.history(ann)[-1].data == {"method": waiting, "reason": "never_verified"}
