"""What the entrypoints are handed: everything open in this process that a page, the API or a terminal may need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from fastapi import Request

from firebell.entrypoints.api.inbound import Inbound
from firebell.entrypoints.live import Live
from firebell.entrypoints.sealing import Sealing
from firebell.entrypoints.worker import Worker
from firebell.integrations.channels.contract import Channel
from firebell.integrations.sources.contract import Source
from firebell.kernel.actor import Actor
from firebell.kernel.fetch import Fetch
from firebell.kernel.secrets import Keyring
from firebell.kernel.work import Read, Runner, Work
from firebell.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Site:
    """One per process, found at ``request.app.state.site``. ``touched``: when each token's use was last noted."""

    settings: Settings
    runner: Runner
    keyring: Keyring
    sealing: Sealing
    sources: Mapping[str, Source]
    channels: Mapping[str, Channel]
    fetch: Fetch
    inbound: Inbound
    worker: Worker
    live: Live
    problems: Callable[[], dict[str, str]]
    touched: dict[str, float] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        return self.settings.base_url


def site_of(request: Request) -> Site:
    found: Site = request.app.state.site
    return found


def read(request: Request, job: Callable[[Read], T], actor: Actor) -> T:
    """Look, as ``actor``."""
    return site_of(request).runner.read(job, actor)


def run(request: Request, job: Callable[[Work], T], actor: Actor) -> T:
    """Change something, as ``actor``, in one unit of work."""
    return site_of(request).runner.run(job, actor)
