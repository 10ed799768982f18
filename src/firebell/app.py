"""Wiring: the only module that sees every floor. Opens the kernel, mounts the entrypoints, starts the worker."""

from __future__ import annotations

import asyncio
import gc
import hmac
import json
import os
import secrets as entropy
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from sqlalchemy import text

from firebell.domain.chat.model import Connection
from firebell.domain.outbox import commands as outbox
from firebell.domain.paging import commands as paging
from firebell.domain.paging import queries as paging_queries
from firebell.domain.people import setup
from firebell.domain.people.model import ContactMethod
from firebell.entrypoints import learning_lines, outgoing, state_lines
from firebell.entrypoints.api.inbound import Inbound
from firebell.entrypoints.budget_lines import Budgets
from firebell.entrypoints.chat.sockets import SlackSocket
from firebell.entrypoints.connections import Guarded
from firebell.entrypoints.http import Front, create_app
from firebell.entrypoints.live import Live
from firebell.entrypoints.logs import configure_logs
from firebell.entrypoints.public.export import Exporter
from firebell.entrypoints.sealing import Sealing
from firebell.entrypoints.site import Site
from firebell.entrypoints.worker import Line, Worker
from firebell.integrations.channels import all_channels
from firebell.integrations.channels.contract import Channel
from firebell.integrations.outlets import all_outlets
from firebell.integrations.outlets.contract import Outlet
from firebell.integrations.sources import all_sources
from firebell.integrations.sources.contract import Source
from firebell.kernel import disks
from firebell.kernel.clock import Clock, SystemClock
from firebell.kernel.db import Database, LockedOut
from firebell.kernel.errors import Refused
from firebell.kernel.fetch import Fetch, FetchPolicy
from firebell.kernel.journal import ChainKey
from firebell.kernel.secrets import Key, Keyring
from firebell.kernel.work import Read, Runner
from firebell.migrations.upgrade import upgrade
from firebell.settings import Settings, load
from firebell.workflows import postmortems_seen
from firebell.workflows.actions_mirrored import Mirroring
from firebell.workflows.chat_told import SlackDesk, TeamsDesk
from firebell.workflows.delivery_due import Carrier, Sender
from firebell.workflows.outbox_desks import Desk
from firebell.workflows.outbox_due import Dispatcher

log = structlog.get_logger()

KEEP_FREE_BYTES = 64 << 20

REQUESTS_END_WITHIN_S = 3
"""What is left of the ten seconds of a stop belongs to the sends under way, which may take six."""


@dataclass(slots=True)
class House:
    """Everything that is open in one process. ``close()`` once, in the end."""

    settings: Settings
    clock: Clock
    boot_id: str
    database: Database
    keyring: Keyring
    runner: Runner
    fetch: Fetch
    sources: Mapping[str, Source]
    channels: Mapping[str, Channel]
    sealing: Sealing
    sender: Sender
    dispatcher: Dispatcher
    budgets: Budgets
    inbound: Inbound
    worker: Worker
    slack: SlackSocket
    roles: frozenset[str]
    live: Live = field(default_factory=Live)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _listener: threading.Thread | None = None

    def start(self) -> None:
        """Start what runs by itself: the worker, and on PostgreSQL the ear for other nodes' commits."""
        if "worker" in self.roles:
            self.worker.start()
            self.slack.start()
        if not self.database.is_sqlite:
            self._listener = threading.Thread(target=self._listen, name="listener", daemon=True)
            self._listener.start()

    def finish(self) -> None:
        """The end is near: streams close, nothing new is claimed; requests and sends under way are finished."""
        self.live.close()
        self.worker.finish()
        self.dispatcher.finish()
        self.budgets.finish()
        self.slack.finish()

    def close(self) -> None:
        self._stopping.set()
        self.slack.stop()
        self.inbound.batch.close()
        self.worker.stop()
        self.dispatcher.stop()
        self.budgets.stop()
        self.fetch.close()
        self.database.close()

    def _listen(self) -> None:
        self.database.listen("firebell", self._heard, self._stopping)

    def _heard(self, payload: str) -> None:
        found: dict[str, Any] = json.loads(payload)
        self.runner.tell(frozenset(found["topics"]), bool(found["wake"]))


def open_house(
    settings: Settings,
    *,
    clock: Clock | None = None,
    roles: frozenset[str] = frozenset({"web", "worker"}),
    inline: bool = False,
    carriers: Mapping[str, Carrier] | None = None,
    fetch: Fetch | None = None,
    outlets: Mapping[str, Outlet] | None = None,
) -> House:
    """Open an installation. ``inline``: messages are sent in the caller's thread by ``worker.tick()`` (tests, demo);
    ``carriers`` send instead of the channels, ``outlets`` instead of the outlets, and ``fetch`` instead of the client
    the settings describe.

    Raises LockedOut when another process has the SQLite file.
    """
    boot_id = entropy.token_hex(8)
    database = Database(settings.url, boot_id=boot_id)
    clock = clock or SystemClock()
    keyring = keyring_of(settings)
    prepare(database)
    runner = Runner(database, clock, chain_key(keyring.current))
    if database.is_sqlite:
        runner.run(lambda work: paging.end_leases(work, boot_id))
        runner.run(lambda work: outbox.end_leases(work, boot_id))
    fetch = fetch or Fetch(FetchPolicy(allow_http=settings.allow_http, allow_internal=settings.allow_internal))
    channels = all_channels()
    sources = all_sources()
    sealing = Sealing(keyring, channels)
    smtp_url = settings.smtp_url.get_secret_value()

    def settings_of(channel: str, stored: Mapping[str, str]) -> Mapping[str, str]:
        return sealing.settings_in_use(channel, stored, smtp_url)

    def method_of(method: ContactMethod) -> Mapping[str, str]:
        return sealing.unseal(method.id, method.channel, method.config)

    sender = Sender(
        runner,
        carriers if carriers is not None else channels,
        fetch,
        boot_id=boot_id,
        public_url=lambda: settings.base_url,
        settings_of=settings_of,
        method_of=method_of,
    )

    def mail_settings(read: Read) -> Mapping[str, str]:
        return settings_of("email", paging_queries.channel_settings(read).get("email", {}))

    dispatcher = Dispatcher(
        runner,
        all_outlets() if outlets is None else outlets,
        outgoing.desks(keyring, settings.base_url, mail_settings, chat_desks(settings, sealing)),
        fetch,
        boot_id=boot_id,
        posters=0 if inline else settings.posters,
    )
    mirroring = Mirroring(runner, fetch, keyring, lambda: settings.base_url, inline=inline)
    budgets = Budgets(runner, fetch, keyring, settings.base_url, inline=inline)
    worker = Worker(
        runner, sender, threads=0 if inline else settings.senders, heartbeat_url=settings.heartbeat_url, fetch=fetch,
        others=(
            *outgoing.lines(runner, dispatcher, settings.base_url),
            *budgets.lines(),
            *learning_lines.lines(runner),
            *state_lines.lines(runner, settings.data / "state"),
            Line("trackers", mirroring.next_due, mirroring.act),
            Exporter(runner, settings.data / "public", settings.base_url, inline=inline).line(),
        ),
    )  # fmt: skip
    dispatcher.woken = worker.wake
    return House(
        settings, clock, boot_id, database, keyring, runner, fetch, sources, channels, sealing, sender, dispatcher,
        budgets, Inbound(runner, sources, lambda: has_room(settings, database)), worker,
        SlackSocket(runner, unsealing(sealing), lambda: settings.base_url, settings.slack_api_url), roles,
    )  # fmt: skip


def unsealing(sealing: Sealing) -> Callable[[Connection], Mapping[str, str]]:
    """Opens the settings of a chat connection."""
    return lambda one: {name: str(value) for name, value in sealing.open_chat(one.vendor, one.settings).items()}


def chat_desks(settings: Settings, sealing: Sealing) -> Mapping[str, Desk]:
    """Who knows where posts to a chat lead, by outlet."""

    def public_url() -> str:
        return settings.base_url

    unseal = unsealing(sealing)
    return {"slack": SlackDesk(unseal, public_url, settings.slack_api_url), "teams": TeamsDesk(unseal, public_url)}


def has_room(settings: Settings, database: Database) -> bool:
    """Whether the disk of a SQLite file has room beyond what is kept for the engine."""
    if not database.is_sqlite:
        return True
    file = database.url.database or ""
    found = os.statvfs(Path(file).parent if file not in ("", ":memory:") else settings.data)
    return found.f_bavail * found.f_frsize >= KEEP_FREE_BYTES


def chain_key(key: Key) -> ChainKey:
    """The journal's key, derived from the sealing key so that neither reveals the other; named after it."""
    return ChainKey(key.id, hmac.digest(key.raw, b"firebell journal", "sha256"))


def prepare(database: Database) -> None:
    """Bring the schema up to date."""
    upgrade(database)


def keyring_of(settings: Settings) -> Keyring:
    """The keys that seal what is secret; the first start makes one."""
    given = settings.secret_key.get_secret_value()
    if given:
        current = Key.from_text(given)
    else:
        current = Key.load_or_create(settings.secret_key_file or settings.data / "secret.key")
    old = settings.old_secret_key.get_secret_value()
    return Keyring(current, Key.from_text(old) if old else None)


def ready(house: House) -> dict[str, str]:
    """Problems that make this process unfit to serve, by part (none: ready)."""
    problems: dict[str, str] = {}
    try:
        house.runner.read(lambda read: read.scalar(text("SELECT 1")))
        house.runner.read(paging_queries.next_delivery_due)
    except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
        problems["database"] = type(error).__name__
    if "worker" in house.roles and house.clock.monotonic() - house.worker.last_tick_monotonic > 10:
        problems["worker"] = "has not looked at its list for 10 s"
    if "worker" in house.roles and house.clock.monotonic() - house.worker.last_upkeep_monotonic > 120:
        problems["upkeep"] = "has not looked at its list for 2 min"
    for breach in house.worker.breaches:
        problems[breach.law] = ", ".join(breach.examples)
    return problems


def site_for(house: House, live: Live) -> Site:
    """What the entrypoints see of the house."""
    return Site(
        settings=house.settings,
        runner=house.runner,
        keyring=house.keyring,
        sealing=house.sealing,
        sources=house.sources,
        channels=house.channels,
        fetch=house.fetch,
        inbound=house.inbound,
        worker=house.worker,
        live=live,
        problems=lambda: ready(house),
    )


def circle_of(runner: Runner, topic: str) -> frozenset[str] | None:
    """Who may hear that something happened to an incident or its postmortem; nobody when that cannot be found out."""
    try:
        return runner.read(lambda read: postmortems_seen.circle(read, topic), lane="engine")
    except Refused:
        return frozenset()


def application(house: House) -> Front:
    """The ASGI application of an open house."""
    house.live.circle = lambda topic: circle_of(house.runner, topic)
    house.runner.on_commit(house.live.committed)
    site = site_for(house, house.live)
    app = create_app(site, on_start=house.start, on_stop=house.close)
    return Front(site, app)


def serve_forever(roles: frozenset[str], listen: str | None = None) -> int:
    """Run the server until it is told to stop. Returns the exit code."""
    # The database holds addresses and raw alerts: what this process makes is for its own user alone.
    os.umask(0o077)
    try:
        settings = load(**({"listen": listen} if listen else {}))
        configure_logs(settings)
        if settings.url.startswith("sqlite:///") and (why := disks.refusal(_folder_of(settings), disks.mounts())):
            print(f"firebell: {why}", file=sys.stderr)  # noqa: T201
            return 1
        house = open_house(settings, roles=roles)
    except (Refused, LockedOut) as error:
        print(f"firebell: {error}", file=sys.stderr)  # noqa: T201 - logging is not up yet
        return 1
    unsafe = house.database.unsafe_settings()
    if unsafe:
        print("firebell: " + " ".join(unsafe), file=sys.stderr)  # noqa: T201
        house.database.close()
        return 1
    return serve(house, on_start=lambda port: _say_how_to_begin(house, port))


def _folder_of(settings: Settings) -> Path:
    return Path(settings.url.removeprefix("sqlite:///")).parent


def serve(house: House, on_start: Callable[[int], None] = lambda port: None) -> int:
    """Serve an open house until the process is told to stop. Returns the exit code.

    ``on_start`` is told the port once it is open: with port 0 the system has chosen it.
    """
    settings = house.settings
    # The group-commit thread and the event loop share one interpreter: hand over quickly between them.
    sys.setswitchinterval(0.0005)
    # What start-up made lives for ever: keep the collector from walking it thousands of times an hour.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    front = application(house)
    config = server_config(front, settings)
    server = Server(config, house, front, on_start)
    server.run()
    return 0 if server.started else 1


def server_config(front: Front, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves ``front``."""
    return uvicorn.Config(
        front, host=settings.host, port=settings.port, log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=REQUESTS_END_WITHIN_S, backlog=2048, http=Guarded,
        # Left to itself uvicorn believes X-Forwarded-For from loopback; ours are the configured proxies (callers.py).
        proxy_headers=False,
    )  # fmt: skip


class Server(uvicorn.Server):
    """Lets the house begin to end together with the requests: one after the other would take longer than a stop may.

    Live streams never end by themselves, so they are ended first.
    """

    def __init__(
        self, config: uvicorn.Config, house: House, front: Front, on_start: Callable[[int], None] = lambda port: None
    ) -> None:
        super().__init__(config)
        self._on_start = on_start
        self._house = house
        self._live = front.live

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            opened = [one for server in self.servers for one in server.sockets]
            port = opened[0].getsockname()[1] if opened else self.config.port
            await asyncio.to_thread(self._on_start, port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._house.finish()
        self._live.close()
        await super().shutdown(sockets)


def _say_how_to_begin(house: House, port: int) -> None:
    address = house.settings.base_url
    if not house.settings.public_url and house.settings.port == 0:
        address = f"{address.removesuffix(':0')}:{port}"
    if house.runner.read(setup.needs_first_admin):
        link = house.runner.run(setup.issue_link)
        print(  # noqa: T201 - this is for the person at the terminal, and must not end up in a log file
            f"\n  Firebell is at {address}\n  Set it up here (once, within an hour): {address}/setup/{link}\n",
            flush=True,
        )
    else:
        print(f"\n  Firebell is at {address}\n", flush=True)  # noqa: T201
