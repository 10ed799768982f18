"""Opens the demo: makes its folder and history when there is none, then serves it without sending anything."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import structs
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from rich.console import Console

from firebell.app import House, open_house, serve
from firebell.demo import company
from firebell.demo.carriers import recorders
from firebell.demo.history import STORM_SIZE, History, provider_down
from firebell.demo.learning import BEFORE_DAYS
from firebell.demo.objectives import Feeder, Objectives
from firebell.demo.silence import silent_outlets
from firebell.demo.stage import Stage
from firebell.domain.incidents import configured
from firebell.domain.incidents import queries as incidents
from firebell.domain.incidents.model import Severity
from firebell.domain.people import passwords
from firebell.entrypoints.logs import configure_logs
from firebell.integrations.channels import all_channels
from firebell.kernel.clock import Instant, SetClock, SystemClock, plus
from firebell.kernel.db import Database, LockedOut
from firebell.kernel.errors import Conflict
from firebell.kernel.work import Work
from firebell.settings import Settings

DAYS = 30
_MARK = ".firebell-demo"
_SIGN_IN = "sign-in.txt"


@dataclass(frozen=True, slots=True)
class SignIn:
    """With what to sign in."""

    name: str
    password: str


class DemoSettings(Settings):
    """Only what the demo itself says: the environment may name the real database, key and mail server."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        return (init_settings,)

    @property
    def demo(self) -> bool:
        return True


def build(
    folder: Path, *, listen: str = "127.0.0.1:8080", end: Instant | None = None, days: int = DAYS,
    storm_size: int = STORM_SIZE, before: bool = True,
) -> SignIn:  # fmt: skip
    """Make the installation in ``folder`` and live through ``days`` days of history, which end at ``end`` (now).
    ``before``: the incidents of the months before them are there as well."""
    end = end or SystemClock().now()
    clock = SetClock(plus(end, -(BEFORE_DAYS if before else days) * 86400))
    password = secrets.token_urlsafe(9)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text("begun\n", encoding="utf-8")
    carriers = recorders(all_channels(), provider_down(clock.now, end))
    house = open_house(_settings(folder, listen), clock=clock, inline=True, carriers=carriers, outlets=silent_outlets())
    try:
        _hurry(house)
        password_hash = passwords.make_hash(password)
        made = house.runner.run(lambda work: company.found(work, house.keyring, password_hash))
        # A month of alerts would leave a month of incidents that nobody has worked on.
        usual = house.runner.run(lambda work: _declares(work, ()))
        History(Stage(house, clock, made), end, days, storm_size=storm_size, before=before).play()
        Objectives(house, made, end, days).add()
        house.runner.run(lambda work: _declares(work, usual))
    finally:
        house.close()
    (folder / _SIGN_IN).touch(0o600)
    (folder / _SIGN_IN).write_text(f"{company.ADMIN}\n{password}\n", encoding="utf-8")
    (folder / _MARK).write_text("made\n", encoding="utf-8")
    return SignIn(company.ADMIN, password)


def _declares(work: Work, severities: tuple[Severity, ...]) -> tuple[Severity, ...]:
    """Set which alerts declare an incident by rule; returns which did so far."""
    before = incidents.settings(work)
    configured.set_settings(work, structs.replace(before, auto_declare=severities))
    return before.auto_declare


def open_demo(folder: Path, listen: str, *, fresh: bool = False) -> tuple[House, SignIn]:
    """The demo's house, on the real clock. ``fresh``: throw away what is there and begin again.

    Raises Conflict when ``folder`` holds something that is not a demo, LockedOut when another process serves it.
    """
    state = (folder / _MARK).read_text(encoding="utf-8").strip() if (folder / _MARK).exists() else ""
    if not state and folder.exists() and any(folder.iterdir()):
        raise Conflict(f"{folder} holds something that is no demo; it is left alone.", hint="Name another --data.")
    if state == "made" and not fresh:
        name, password = (folder / _SIGN_IN).read_text(encoding="utf-8").split()
        sign_in = SignIn(name, password)
    else:
        _clear(folder)
        sign_in = build(folder, listen=listen)
    channels = recorders(all_channels())
    house = open_house(_settings(folder, listen), carriers=channels, outlets=silent_outlets())
    # Pages send tests and resets by these, past the queue.
    house.channels = channels
    return house, sign_in


def play(folder: Path, listen: str, *, fresh: bool = False, build_only: bool = False) -> int:
    """``firebell demo``: say how to sign in, then serve until stopped. Returns the exit code; raises Refused."""
    say = Console(highlight=False, soft_wrap=True)
    with say.status("A sample company lives through a month …"):
        try:
            house, sign_in = open_demo(folder, listen, fresh=fresh)
        except LockedOut as error:
            raise Conflict(str(error), hint="Is the demo running already?") from None
    say.print(
        f"\n  The demo is at [bold]{house.settings.base_url}[/]\n  Sign in as [bold]{sign_in.name}[/] with"
        f" [bold]{sign_in.password}[/]\n\n  It is a sample company in {folder}; nothing is sent to anybody.\n"
    )
    if build_only:
        house.close()
        return 0
    configure_logs(house.settings)
    feeder = Feeder(house)
    feeder.start()
    try:
        return serve(house)
    finally:
        feeder.stop()


def _settings(folder: Path, listen: str) -> DemoSettings:
    values: dict[str, Any] = {
        "data": folder,
        "listen": listen,
        "smtp_url": "smtp://mail.invalid:587?from=demo@mail.invalid",
    }
    return DemoSettings(**values)


def _clear(folder: Path) -> None:
    if not folder.exists():
        return
    # Taking the lock first: a demo that is being served is not swept away under it.
    Database(f"sqlite:///{folder.absolute() / 'firebell.db'}").close()
    shutil.rmtree(folder)


def _hurry(house: House) -> None:
    """A month is lived in seconds without waiting for the disk; a history lost to a power cut is simply made again."""
    with house.database.writer.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA synchronous=OFF")
