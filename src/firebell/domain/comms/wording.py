"""What the quality gate looks for in a text: patterns, and nothing about who may say what."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from whenever import Time

from firebell.domain.comms import duplicates
from firebell.kernel.clock import Instant

_I = re.IGNORECASE

# Searched while a unit of work is open, in texts of up to ten thousand characters: whatever may begin anywhere has a
# longest length, or begins only where a sentence does, so that the time grows with the text and not with its square.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\."
EMAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\b")
_IP = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)|(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])", _I
)
TICKET = re.compile(r"(?<![\w#-])(?:[A-Z][A-Z0-9]{1,9}-\d{1,7}|#\d{2,7})\b")
_NO_TICKET = frozenset(
    {"UTF", "SHA", "MD", "COVID", "ISO", "TLS", "AES", "RFC", "HTTP", "HTTPS", "CVE", "SEV", "GPT", "IPV"}
)
_INSIDE = (
    r"internal|local|localdomain|lan|corp|intra|intranet|svc|cluster|home|priv|private|prod|stage|staging|test|dev"
)
HOST = re.compile(
    rf"\b(?:{_LABEL}){{1,8}}(?:{_INSIDE})\b"
    rf"|\b(?:{_LABEL}){{2,8}}[a-z]{{2,63}}\b"
    r"|\b(?:web|db|app|node|host|srv|server|redis|pg|postgres|mysql|mongo|kafka|zk|worker|cache|lb|proxy|api|mq|es|vm|ip|"
    r"k8s|etcd|vault|bastion|gw|edge|job|queue|storage)(?:-[a-z]+){0,3}-?\d{1,4}(?:-\d{1,3})*\b",
    _I,
)
CAUSE = re.compile(
    r"\b(?:caused by|because of|due to|root cause|as a result of|the cause (?:is|was)|triggered by|resulted from)\b", _I
)
OUTAGE = re.compile(r"\boutages?\b", _I)
AMOUNT = re.compile(
    r"\b(?:all|every|everyone|none|half|no (?:customers?|users?|requests?|one)|one in \w+"
    r"|(?:a|one|two|three)[ -](?:third|quarter|fifth|tenth)s?)\b",
    _I,
)
_NAMED_NUMBERS = re.compile(r"\b(?:SEV[1-4]|INC-\d+)\b", _I)
ACTION = re.compile(
    r"\bno action\b|\bnone needed\b|\bnothing (?:for you )?to do\b|\bdo not need to\b|\bplease\b"
    r"|\byou (?:can|may|should|need)\b|\b(?:retry|try again|refresh|reload|sign in again|contact|wait)\b",
    _I,
)
WORKAROUND = re.compile(r"\bwork-?\s?arounds?\b|\bnone known\b|\binstead\b|\bmeanwhile,? you can\b|\buse the\b", _I)
STOCK = re.compile(
    r"\bwe take\b[^.]{0,200}\bseriously\b|\bapologi[sz]e for any inconvenience\b|\bsorry for any inconvenience\b"
    r"|\binconvenience this may\b|\bworking (?:hard|diligently|around the clock|tirelessly)\b"
    r"|\bas (?:quickly|soon) as possible\b|\bthank you for your patience\b|\bwe (?:value|appreciate) your\b"
    r"|\bsmall (?:number|subset) of\b"
    r"|\bsome (?:users|customers) may\b",
    _I,
)
THIRD_PARTY = re.compile(
    r"\b(?:AWS|Amazon(?: Web Services)?|Azure|Microsoft|Google(?: Cloud)?|GCP|Cloudflare|Fastly|Akamai|Stripe|PayPal"
    r"|Adyen|Twilio|SendGrid|Mailgun|GitHub|GitLab|Okta|Auth0|Datadog|MongoDB Atlas|Snowflake|Heroku|DigitalOcean|OVH"
    r"|Hetzner|Oracle Cloud|Salesforce|Zendesk|Slack|Let's Encrypt|DigiCert)\b"
)
RESOLVED = re.compile(r"\b(?:(?:is|was|are|been|has been|have been|now) (?:now |fully |completely )?resolved)\b", _I)
NOT_RESOLVED = re.compile(r"\b(?:not|yet to be|until|once|when|if)\b[^.]{0,200}\bresolved\b", _I)
LOSS = re.compile(
    r"\bdata (?:loss|lost|corruption)\b|\b(?:loss of|lost|losing|no|missing|corrupted|your|customer|all) data\b"
    r"|\bdata (?:is|was|were|are) (?:\w+ )?(?:lost|safe|intact|missing|corrupted|affected)\b"
    r"|\blinger(?:ing)?\b|\b(?:remaining|residual|after-?)\s?effects?\b|\bbacklog\b|\bnothing was lost\b",
    _I,
)
ETA = re.compile(
    r"\b(?:expect(?:ed)?|estimated?|anticipated?|should|will)\b[^.\n]{0,60}"
    r"\b(?:fix(?:ed)?|resolved?|restored?|recover(?:ed|y)?|back|available|complete[d]?)\b[^.\n]{0,30}\b(?:by|in|within|before)\b[^.\n]*"
    r"|\bETA\b\s*(?:is|:)(?!\s*(?:unknown|not\b|none|no\b|to be|tbd|$))[^.\n]+",
    _I,
)
_NEXT_UPDATE = re.compile(r"(?<![^.!?\n])[^.!?\n]*\bnext update\b(?:[^.!?\n]|\.(?=\w))*", _I)
_WITHIN = re.compile(r"\b(?:within|in)\s+(\d{1,4})\s*(min|minutes?|h|hours?)\b", _I)
_AT = re.compile(
    r"\b([01]?\d|2[0-3]):([0-5]\d)(?::\d\d)?\s*([ap])?\.?m?\.?\s*(?:(UTC|GMT|Z)?\s?([+-]\d\d:?\d\d)|([A-Z]{1,5}))?(?![\w])"
)


def addresses(text: str) -> list[str]:
    """IP addresses of both kinds."""
    found = []
    for match in _IP.finditer(text):
        try:
            ipaddress.ip_address(match[0])
        except ValueError:
            continue
        found.append(match[0])
    return found


def tickets(text: str) -> list[str]:
    return [one[0] for one in TICKET.finditer(text) if one[0].partition("-")[0] not in _NO_TICKET]


def hosts(text: str, allowed: Iterable[str] = ()) -> list[str]:
    """Host names, but for those that customers know (``allowed``: theirs and what lies below ``www.``)."""
    known = {name.lower() for name in allowed}
    text = _IP.sub(" ", EMAIL.sub(" ", text))
    return [
        one[0] for one in HOST.finditer(text) if one[0].lower() not in known and not one[0].lower().startswith("www.")
    ]


def named(text: str, names: Iterable[str]) -> list[str]:
    """Which of ``names`` stand in the text as whole words, whatever their case."""
    return [
        name
        for name in names
        if len(name.strip()) > 1 and re.search(rf"(?<![\w-]){re.escape(name.strip())}(?![\w-])", text, _I)
    ]


def people(text: str, names: Iterable[str]) -> list[str]:
    """Which people a text names: by their whole name in any case, by a name of one word only as it is written, since
    many a name is a word, too."""
    every = list(names)
    whole = named(text, [name for name in every if " " in name.strip()])
    single = [name for name in every if " " not in name.strip() and len(name.strip()) > 1]
    return whole + [name for name in single if re.search(rf"(?<![\w-]){re.escape(name.strip())}(?![\w-])", text)]


def amounts(text: str) -> bool:
    """Whether the text says how many, how much or which share. Times and the number of the incident say none of it."""
    bare = _NAMED_NUMBERS.sub(" ", text)
    return bool(duplicates.numbers(bare) or AMOUNT.search(bare))


def due_times(text: str) -> Iterator[str]:
    """The sentences that speak of the next update."""
    for found in _NEXT_UPDATE.finditer(text):
        yield found[0].strip()


def other_time(text: str, now: Instant, due_at: Instant | None, zone: str, slack_s: int = 300) -> str:
    """The time a text names for the next update when that is not ``due_at``; empty when they agree.

    Clock times must be those of ``due_at`` in UTC or in ``zone``; "within 30 minutes" may be off by ``slack_s``.
    """
    for sentence in due_times(text):
        for found in _AT.finditer(sentence):
            if due_at is None or not _same(found, due_at, zone):
                return found[0].strip()
        for found in _WITHIN.finditer(sentence):
            said_s = int(found[1]) * (3600 if found[2].lower().startswith("h") else 60)
            left_s = -1 if due_at is None else due_at.timestamp() - now.timestamp()
            if left_s < 0 or abs(said_s - left_s) > slack_s:
                return found[0].strip()
    return ""


def _same(found: re.Match[str], due_at: Instant, zone: str) -> bool:
    hour, minute = int(found[1]), int(found[2])
    if found[3] and hour <= 12:
        hour = hour % 12 + (12 if found[3].lower() == "p" else 0)
    said = Time(hour, minute)
    offset, abbreviation = found[5], found[6]
    if offset:
        digits = offset.replace(":", "")
        shift_s = int(digits[0] + "1") * (int(digits[1:3]) * 3600 + int(digits[3:5]) * 60)
        return _clock(due_at.timestamp() + shift_s) == said
    here = due_at.to_tz(zone)
    if found[4] or abbreviation in ("UTC", "GMT", "Z"):
        return _clock(due_at.timestamp()) == said
    if abbreviation == here.tz_abbrev():
        return said == Time(here.hour, here.minute)
    if abbreviation is None:
        return said in (_clock(due_at.timestamp()), Time(here.hour, here.minute))
    # Another zone's name says which zone only to people; its minutes can still be compared.
    return said.minute == here.minute


def _clock(timestamp: float) -> Time:
    return Time(int(timestamp) // 3600 % 24, int(timestamp) // 60 % 60)
