"""``firebell doctor``: what would keep this installation from starting, from paging, or from losing nothing."""

from __future__ import annotations

import typer

from firebell.entrypoints.cli.showing import AsJson, as_is, refusals

_MARKS = {"ok": "✓", "warn": "!", "fail": "✗"}


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Look the installation over; exit code 1 when something fails. Example: firebell doctor"""
    with refusals():
        report = context.obj.examine()
    checks = [(str(one.name), str(one.state), str(one.text)) for one in report.checks]
    if report.served_at:
        checks.append(_ask(report.served_at))
        # The file is the server's alone, so what stands in it is not looked at from here.
        unseen = "not looked at while a server has the SQLite file: its pages warn of each; or stop it and look again"
        checks.append(("people, fallback, coverage", "warn", unseen))
    if as_json:
        as_is([{"name": name, "state": state, "text": text} for name, state, text in checks])
    else:
        width = max(len(name) for name, _, _ in checks)
        for name, state, text in checks:
            typer.echo(f"{_MARKS[state]} {name:<{width}}  {text}")
    raise typer.Exit(1 if any(state == "fail" for _, state, _ in checks) else 0)


def _ask(url: str) -> tuple[str, str, str]:
    import httpx2

    try:
        answer = httpx2.get(url.rstrip("/") + "/readyz", timeout=5)
        problems = answer.json().get("problems", {})
    except (httpx2.HTTPError, ValueError) as error:
        return "server", "fail", f"it has the database but does not answer at {url}: {error}"
    if answer.status_code == 200:
        return "server", "ok", f"ready at {url}"
    return "server", "fail", "; ".join(f"{part}: {what}" for part, what in problems.items()) or "not ready"
