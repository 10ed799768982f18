"""The ``firebell`` command. Commands that work on this machine get what they need from :mod:`firebell.app`, loaded late."""

from __future__ import annotations

from firebell.entrypoints.cli.local import Local
from firebell.entrypoints.cli.main import run


def _serve(roles: frozenset[str], listen: str | None) -> int:
    from firebell.app import serve_forever

    return serve_forever(roles, listen)


def main() -> None:
    """Entry point of the console script."""
    run(Local(serve=_serve))


if __name__ == "__main__":
    main()
