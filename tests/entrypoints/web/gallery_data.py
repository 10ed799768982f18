"""Sample data for the gallery pages, and the environment that renders them as strictly as the server does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace as Sample
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import firebell

TEMPLATES = Path(firebell.__file__).parent / "entrypoints" / "web" / "templates"


def environment(asset: Callable[[str], str]) -> Environment:
    env = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    env.globals["asset"] = asset
    env.globals["ui"] = env.get_template("_macros.html").module
    env.globals["cal"] = env.get_template("_calendar.html").module
    return env


def _moment(iso: str, words: str, local: str) -> Sample:
    return Sample(iso=iso, words=words, local=local, utc=iso.replace("T", " ").replace("Z", " UTC"))


T = Sample(
    min2=_moment("2026-11-24T02:58:00Z", "2 min ago", "Tue 24 Nov, 03:58 CET"),
    min38=_moment("2026-11-24T02:22:00Z", "38 min ago", "Tue 24 Nov, 03:22 CET"),
    min40=_moment("2026-11-24T02:20:00Z", "40 min ago", "Tue 24 Nov, 03:20 CET"),
    min41=_moment("2026-11-24T02:19:00Z", "41 min ago", "Tue 24 Nov, 03:19 CET"),
    h9=_moment("2026-11-23T18:00:00Z", "9 h ago", "Mon 23 Nov, 19:00 CET"),
)


def _alert(key: str, severity: str | None, state: str, title: str, service: str, since: Sample, **more: Any) -> Sample:
    rest = {"acked_by": "", "count": 1, "next_step": ""} | more
    return Sample(
        id=key, href=f"/alerts/{key}", severity=severity, state=state, title=title, service=service, since=since, **rest
    )


def _field(name: str, label: str, kind: str = "text", required: bool = True, **more: Any) -> Sample:
    rest: dict[str, Any] = {"help": "", "placeholder": "", "default": "", "choices": ()} | more
    return Sample(name=name, label=label, kind=kind, required=required, **rest)


def _span(
    label: str, title: str, start: float, end: float, color: int = 0, gap: bool = False, mine: bool = False
) -> Sample:
    return Sample(
        label=label,
        title=title,
        start_pct=start,
        end_pct=end,
        color_index=color,
        is_gap=gap,
        is_mine=mine,
        href="/on-call/1",
    )


def _attempt(
    channel: str, to: str, state: str, at: Sample, latency: str, provider_id: str, reply: str, then: str
) -> Sample:
    return Sample(
        channel=channel, to=to, state=state, at=at, latency=latency, provider_id=provider_id, reply=reply, next=then
    )


DAY = 100 / 7
BAD = {17: "degraded", 18: "partial", 52: "major", 53: "maintenance", 70: "none"}
CHIDI = "Chidi Okonkwo-Bergström"

SAMPLE = Sample(
    t=T,
    tabs=[
        Sample(label="Open", href="?state=open", key="open", count=3),
        Sample(label="Acknowledged", href="?state=acknowledged", key="acknowledged", count=1),
        Sample(label="All", href="?", key="all", count=None),
    ],
    alerts=[
        _alert(
            "alr_1",
            "SEV1",
            "open",
            "Checkout latency p99 above 2 s in eu-west",
            "checkout-api",
            T.min2,
            count=14,
            next_step="pages Ben Ito in 4 min",
        ),
        _alert(
            "alr_2",
            "SEV2",
            "acknowledged",
            "Replica lag 48 s on orders-db-2",
            "orders-db",
            T.min38,
            acked_by="Ada Park",
        ),
        _alert("alr_3", "SEV3", "open", "Certificate of status.example.com expires in 6 days", "edge", T.min41),
        _alert("alr_4", "SEV4", "resolved", "Nightly export took 2 h 10 min", "reports", T.h9),
    ],
    people=[
        ("Ada Park", "now, primary", "/people/1"),
        ("Ben Ito", "after 5 min", "/people/2"),
        (CHIDI, "after 15 min", ""),
    ],
    attempts=[
        _attempt("push", "Ada’s phone", "delivered", T.min41, "0.3 s", "", "", ""),
        _attempt(
            "sms",
            "+49 … 88",
            "failed",
            T.min40,
            "1.2 s",
            "SM81f0c2",
            "30006: landline or unreachable carrier",
            "voice in 60 s",
        ),
        _attempt(
            "email",
            "a…k@example.com",
            "retry",
            T.min40,
            "4.8 s",
            "",
            "451 4.7.1 greylisted, try again in 5 minutes",
            "attempt 2 at 03:25",
        ),
    ],
    methods=[
        ("Push", "Ada’s phone", "verified", T.min2, "0.3 s"),
        ("SMS", "+49 … 88", "verified", T.h9, "1.2 s"),
        ("E-mail", "a…k@example.com", "unverified", None, "—"),
    ],
    curl=(
        "curl -X POST https://bell.example.com/in/fb_7Qm2 \\\n"
        '  -H "Content-Type: application/json" \\\n'
        """  -d '{"summary": "Disk 91 % full", "severity": "high"}'"""
    ),
    fields=[
        _field(
            "to",
            "Phone number",
            "tel",
            placeholder="+49 151 23456789",
            help="Firebell sends a code to prove it is yours.",
        ),
        _field("token", "Auth token", "secret"),
        _field("url", "Callback address", "url", required=False, placeholder="https://…"),
        _field("person", "Person", "choice", choices=("Ben Ito", "Chidi Okonkwo")),
        _field("quiet", "Only between 08:00 and 22:00", "flag", help="High urgency still comes through."),
    ],
    values={"to": "0151 23456789"},
    errors={"to": "This number has no country code."},
    lanes=[
        Sample(
            label="Final",
            sub="who is paged",
            is_final=True,
            spans=[
                _span("Ada Park", "Ada Park, Mon 19 Oct 09:00 to Wed 21 Oct 14:00", 0, DAY * 2.6, 0, mine=True),
                _span("Ben Ito", "Ben Ito, override, Wed 21 Oct 14:00 to Thu 22 Oct 09:00", DAY * 2.6, DAY * 3.4, 1),
                _span(
                    "Ada Park", "Ada Park, Thu 22 Oct 09:00 to Fri 23 Oct 18:00", DAY * 3.4, DAY * 4.75, 0, mine=True
                ),
                _span(
                    "Nobody", "Nobody on call, Fri 23 Oct 18:00 to Sat 24 Oct 09:00", DAY * 4.75, DAY * 5.4, gap=True
                ),
                _span(CHIDI, f"{CHIDI}, Sat 24 Oct 09:00 to Mon 26 Oct 00:00", DAY * 5.4, 100, 3),
            ],
        ),
        Sample(
            label="Overrides",
            sub="1 this week",
            is_final=False,
            spans=[_span("Ben Ito", "Ben Ito covers, Wed 14:00 to Thu 09:00", DAY * 2.6, DAY * 3.4, 1)],
        ),
        Sample(
            label="Weekdays",
            sub="weekly, Mon 09:00",
            is_final=False,
            spans=[_span("Ada Park", "Ada Park, Mon 09:00 to Fri 18:00", 0, DAY * 4.75, 0, mine=True)],
        ),
        Sample(
            label="Weekend",
            sub="weekly, Sat 09:00",
            is_final=False,
            spans=[_span(CHIDI, f"{CHIDI}, Sat 09:00 to Mon 00:00", DAY * 5.4, 100, 3)],
        ),
    ],
    days=[
        Sample(date=f"day {number}", kind=BAD.get(number, "operational"), words=BAD.get(number, "operational"))
        for number in range(90)
    ],
    marks=[
        *[
            Sample(pct=round(DAY * i, 4), label=day, kind="day", note="")
            for i, day in enumerate(["Mon 19", "Tue 20", "Wed 21", "Thu 22", "Fri 23", "Sat 24", "Sun 25"])
        ],
        Sample(pct=round(DAY * 6.12, 4), label="", kind="dst", note="clocks go back, 03:00"),
        Sample(pct=round(DAY * 1.55, 4), label="", kind="now", note=""),
    ],
)


def frame(theme: str = "system", viewer: bool = True) -> Sample:
    banner = Sample(
        text="Firebell cannot send mail since 02:41: the mail server refuses the password.",
        fix_href="/settings/mail",
        fix_label="Fix mail",
        kind="broken",
    )
    acked = Sample(
        text="Acknowledged. Escalation stopped. Next: nobody.",
        kind="ok",
        undo=Sample(action="/alerts/alr_2/reopen", seconds_left=58),
    )
    return Sample(
        title="Gallery",
        nav="alerts",
        viewer=Sample(id="usr_1", name="Ada Park", role="administrator") if viewer else None,
        theme=theme,
        banners=[banner] if viewer else [],
        flashes=[acked] if viewer else [],
        counts={"alerts": 3},
        csrf="sample-token",
        now_iso="2026-11-24T03:00:00Z",
        path="/gallery",
    )
