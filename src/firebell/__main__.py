"""The ``firebell`` command. Commands that work on this machine get what they need from above, loaded late."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from firebell.entrypoints.cli.local import KeptBackup, Local
from firebell.entrypoints.cli.main import run


def _serve(roles: frozenset[str], listen: str | None) -> int:
    # What is loaded stays to the end: looking through it for garbage on the way is a tenth of the start.
    gc.set_threshold(100_000, 20, 50)
    from firebell.app import serve_forever

    return serve_forever(roles, listen)


def _settings() -> Sequence[Any]:
    from firebell.upkeep.showing import setting_lines

    return setting_lines()


def _examine() -> Any:
    from firebell.upkeep.doctor import examine

    return examine()


def _migrate() -> Sequence[str]:
    from firebell.upkeep.migrating import migrate

    return migrate()


def _backup(target: Path | None) -> KeptBackup:
    from firebell.upkeep.backups import backup

    return backup(target)


def _restore(source: Path, *, replace: bool) -> KeptBackup:
    from firebell.upkeep.backups import restore

    return restore(source, replace=replace)


def _create_user(name: str, email: str, role: str) -> str:
    from firebell.upkeep.letting_in import create_user

    return create_user(name, email, role)


def _reset_password(name: str) -> str:
    from firebell.upkeep.letting_in import reset_password

    return reset_password(name)


def _setup_link() -> str:
    from firebell.upkeep.letting_in import setup_link

    return setup_link()


def _verify_audit() -> Any:
    from firebell.upkeep.auditing import verify

    return verify()


def _demo(folder: Path, listen: str, *, fresh: bool, build_only: bool) -> int:
    from firebell.demo.opening import play

    return play(folder, listen, fresh=fresh, build_only=build_only)


def _export_pages(target: Path | None) -> Sequence[Path]:
    from firebell.upkeep.page_files import export_pages

    return export_pages(target)


LOCAL = Local(
    serve=_serve, settings=_settings, examine=_examine, migrate=_migrate, backup=_backup, restore=_restore,
    create_user=_create_user, reset_password=_reset_password, setup_link=_setup_link, verify_audit=_verify_audit,
    demo=_demo, export_pages=_export_pages,
)  # fmt: skip


def main() -> None:
    """Entry point of the console script."""
    run(LOCAL)


if __name__ == "__main__":
    main()
