"""From typed items to commands: one method per verb, one branch per kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firebell.domain.escalation import commands as escalation
from firebell.domain.escalation.model import Climb, Target, TargetKind
from firebell.domain.oncall import commands as oncall
from firebell.domain.people import commands as users
from firebell.domain.people import methods, teams
from firebell.domain.people.methods import NewRule, Sealer
from firebell.domain.people.model import TeamRole
from firebell.domain.people.rules import hours_document
from firebell.domain.services import commands as services
from firebell.kernel.actor import Role
from firebell.kernel.ids import TeamId
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Work
from firebell.workflows import person_left, rules_changed
from firebell.workflows.config import service_making
from firebell.workflows.config.channels import ChannelDeclaration
from firebell.workflows.config.current import Current, named
from firebell.workflows.config.response_making import MAKERS as RESPONSE_MAKERS
from firebell.workflows.config.schedules import stored_layers
from firebell.workflows.config.slo_making import MAKERS as SLO_MAKERS
from firebell.workflows.config.specs import (
    TARGET_KINDS,
    Item,
    MethodSpec,
    PolicySpec,
    RuleSpec,
    ScheduleSpec,
    ServiceSpec,
    TeamSpec,
    UserSpec,
)

MAKERS = {**RESPONSE_MAKERS, **SLO_MAKERS}


class Making:
    """Carries the ids of what is there and of what has been made on the way.

    ``new_keys`` (of integrations) and ``new_secrets`` (of webhooks) are generated ones.
    """

    def __init__(
        self,
        work: Work,
        now: Current,
        keyring: Keyring,
        sealer: Sealer,
        channels: Mapping[str, ChannelDeclaration],
    ) -> None:
        self.work = work
        self.ids = dict(now.ids)
        self.parts = dict(now.parts)
        self.managed_by = dict(now.managed_by)
        self.by_hand = frozenset(now.by_hand)
        self.keyring = keyring
        self.sealer = sealer
        self.channels = channels
        self.new_keys: list[tuple[str, str, str]] = []
        self.new_secrets: list[tuple[str, str]] = []

    def id(self, kind: str, name: str | None) -> str | None:
        return None if name is None else self.ids[kind, name]

    def _ids_of(self, kind: str) -> dict[str, str]:
        return {name: row_id for (each, name), row_id in self.ids.items() if each == kind}

    def team(self, item: Item) -> TeamId | None:
        found = self.id("Team", item.team)
        return None if found is None else TeamId(found)

    def target(self, target: Target) -> str:
        """The id of whom ``target`` names."""
        return self.ids[TARGET_KINDS[target.kind], target.id]

    # ------------------------------------------------------------------ verbs

    def create(self, item: Item, file: str) -> None:
        by = file if item.managed else None
        spec = item.spec
        if isinstance(spec, UserSpec):
            made = users.create_user(
                self.work,
                name=item.name,
                display_name=spec.display_name,
                email=spec.email,
                time_zone=spec.time_zone,
                role=Role(spec.role),
                managed_by=by,
            )
            self._reach(item.name, made, None, spec, by)
            if not spec.active:
                users.deactivate_user(self.work, made)
            self.ids[item.key] = made
        elif isinstance(spec, TeamSpec):
            self.ids[item.key] = teams.create_team(
                self.work, name=item.name, display_name=spec.display_name, managed_by=by
            )
            self._members(item, spec, by)
        elif isinstance(spec, ScheduleSpec):
            self.ids[item.key] = oncall.create_schedule(
                self.work, name=item.name, managed_by=by, **self._schedule_fields(item, spec)
            )
        elif isinstance(spec, PolicySpec):
            self.ids[item.key] = escalation.create_policy(
                self.work,
                name=item.name,
                display_name=spec.display_name,
                team_id=self.team(item),
                climb=self._climb(spec.climb),
                managed_by=by,
            ).id
        elif isinstance(spec, ServiceSpec):
            service_making.create(self, item, spec, by)
        else:
            MAKERS[item.kind].put(self, None, item, by)

    def change(self, before: Item, item: Item, file: str) -> None:
        # On whose behalf: also an object that is about to be left to hands is changed for its file once more.
        by = file if item.managed or item.key in self.managed_by else None
        if item.kind in MAKERS:
            MAKERS[item.kind].put(self, before, item, by)
            return
        row_id = self.ids[item.key]
        spec, was = item.spec, before.spec
        if isinstance(spec, UserSpec) and isinstance(was, UserSpec):
            users.edit_user(
                self.work,
                row_id,
                display_name=spec.display_name,
                email=spec.email or "",
                time_zone=spec.time_zone,
                role=Role(spec.role),
                managed_by=by,
            )
            if spec.active != was.active:
                (users.activate_user if spec.active else person_left.deactivate)(self.work, row_id)
            self._reach(item.name, row_id, was, spec, by)
            if not item.managed:
                users.detach_user(self.work, row_id)
        elif isinstance(spec, TeamSpec):
            teams.edit_team(self.work, row_id, display_name=spec.display_name, managed_by=by)
            self._members(item, spec, by)
            if not item.managed:
                teams.detach_team(self.work, row_id)
        elif isinstance(spec, ScheduleSpec):
            fields = self._schedule_fields(item, spec)
            oncall.edit_schedule(self.work, row_id, managed_by=file if item.managed else None, **fields)
        elif isinstance(spec, PolicySpec):
            escalation.edit_policy(
                self.work,
                row_id,
                display_name=spec.display_name,
                team_id=self.team(item) or "",
                climb=self._climb(spec.climb),
                managed_by=by,
            )
            if not item.managed:
                escalation.detach_policy(self.work, row_id)
        elif isinstance(spec, ServiceSpec) and isinstance(was, ServiceSpec):
            service_making.change(self, item, was, spec, by)

    def remove(self, key: tuple[str, str]) -> None:
        kind, row_id, by = key[0], self.ids[key], self.managed_by.get(key)
        if kind in MAKERS:
            MAKERS[kind].remove(self, key, by)
        elif kind == "User":
            person_left.delete(self.work, row_id, managed_by=by)
        elif kind == "Team":
            teams.delete_team(self.work, row_id, managed_by=by)
        elif kind == "Schedule":
            oncall.delete_schedule(self.work, row_id, managed_by=by)
        elif kind == "EscalationPolicy":
            escalation.delete_policy(self.work, row_id, managed_by=by)
        else:
            services.delete_service(self.work, row_id, managed_by=by)

    def adopted(self, kind: str, owner: str, part: str, by: str | None) -> bool:
        """Whether a part made by hand comes into a file's hands together with its owner."""
        return by is not None and (kind, owner, part) in self.by_hand

    # ------------------------------------------------------------------ people

    def _reach(self, name: str, user_id: str, was: UserSpec | None, spec: UserSpec, by: str | None) -> None:
        """Contact methods and rules. New and changed methods first, so that rules can use them; then those gone."""
        before = {m.name: m for m in was.methods} if was else {}
        for method in spec.methods:
            known = before.get(method.name)
            if known is not None and known.channel != method.channel:
                self._drop_method(name, method.name, by)
                known = None
            if known is None:
                self._add_method(name, user_id, method, by)
            elif known != method or self.adopted("User", name, method.name, by):
                self._edit_method(name, method, by)
        for urgency, rules in (("high", spec.high), ("low", spec.low)):
            new = [self._rule(name, r) for r in rules]
            rules_changed.set_rules(self.work, user_id, urgency, new, managed_by=by)
        wanted = {m.name for m in spec.methods}
        for gone in before.keys() - wanted:
            self._drop_method(name, gone, by)

    def _checked(self, method: MethodSpec) -> tuple[dict[str, str], str]:
        channel = self.channels[method.channel]
        config = channel.check(method.values)
        return config, channel.mask(config)

    def _add_method(self, owner: str, user_id: str, method: MethodSpec, by: str | None) -> None:
        config, masked = self._checked(method)
        self.parts["User", owner, method.name] = methods.add_method(
            self.work,
            user_id,
            name=method.name,
            channel=method.channel,
            config=config,
            masked=masked,
            sealer=self.sealer,
            trusted=method.verified,
            managed_by=by,
        )

    def _edit_method(self, owner: str, method: MethodSpec, by: str | None) -> None:
        config, masked = self._checked(method)
        methods.edit_method(
            self.work,
            self.parts["User", owner, method.name],
            config=config,
            masked=masked,
            sealer=self.sealer,
            trusted=method.verified,
            managed_by=by,
        )

    def _drop_method(self, owner: str, name: str, by: str | None) -> None:
        methods.remove_method(self.work, self.parts["User", owner, name], managed_by=by)

    def _rule(self, owner: str, rule: RuleSpec) -> NewRule:
        return NewRule(self.parts["User", owner, rule.use], rule.after_s, hours_document(rule.hours))

    def _members(self, item: Item, spec: TeamSpec, by: str | None) -> None:
        roles = dict.fromkeys(spec.members, TeamRole.RESPONDER) | dict.fromkeys(spec.managers, TeamRole.MANAGER)
        members = {self.ids["User", name]: role for name, role in sorted(roles.items())}
        teams.set_members(self.work, self.ids[item.key], members, managed_by=by)

    # ------------------------------------------------------------------ on call and escalation

    def _schedule_fields(self, item: Item, spec: ScheduleSpec) -> Any:
        return {
            "zone": spec.time_zone,
            "team_id": self.team(item),
            "description": spec.description,
            "layers": stored_layers(spec, self._ids_of("User")),
        }

    def _climb(self, climb: Climb) -> Climb:
        known: dict[TargetKind, dict[str, str]] = {kind: self._ids_of(word) for kind, word in TARGET_KINDS.items()}
        return named(climb, known)
