"""A runbook's Markdown taken apart into steps.

A step is a list item ``- [ ] text {#id kind=check timeout=5m}`` or a heading ``## text {#id kind=manual}``; what stands
below it until the next step belongs to it. A link to ``#id`` is a branch ("if the lag grows, go [here](#failover)").
``{{service}}`` is a variable. Text in fenced code is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from firebell.domain.runbooks.model import Parsed, Step, StepKind

STEPS_MAX = 200
BODY_MAX = 64 * 1024
# A line may be as long as the whole text: each of these reads it once, and spaces at its end are cut off beforehand.
_ITEM = re.compile(r"^\s{0,3}[-*+] \[[ xX]\] +(?P<text>\S.*)$")
_HEADING = re.compile(r"^#{2,6} +(?P<text>\S.*)$")
_ATTRIBUTES = re.compile(r"\{(?P<inner>(?:[^{}]|\{\{[A-Za-z_][A-Za-z0-9_.]*\}\})*)\}$")
_LINK = re.compile(r"\[(?P<words>[^\[\]]{1,300})\]\(#(?P<id>[A-Za-z0-9_-]{1,60})\)")
_VARIABLE = re.compile(r"\{\{\s*(?P<name>[A-Za-z_][A-Za-z0-9_.]*)\s*\}\}")
_DURATION = re.compile(r"(?P<n>\d{1,5})(?P<unit>[smh])")
_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
_HOST_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_FENCE = re.compile(r"^\s{0,3}(```|~~~)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(slots=True)
class _Draft:
    text: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    detail: list[str] = field(default_factory=list)


def parse(body: str) -> Parsed:
    """Take ``body`` apart. Never raises: what is wrong is in ``problems``, as sentences that name the line."""
    problems: list[str] = []
    intro: list[str] = []
    drafts: list[_Draft] = []
    fence = ""
    for number, line in enumerate(body.splitlines(), 1):
        opened = _FENCE.match(line)
        if opened:
            fence = "" if fence == opened[1] else fence or opened[1]
        found = "" if fence or opened else _step(line.rstrip())
        if not found:
            (drafts[-1].detail if drafts else intro).append(line)
            continue
        text, attributes = _attributes(found, number, problems)
        drafts.append(_Draft(text, number, attributes))
    if len(drafts) > STEPS_MAX:
        problems.append(f"A runbook has at most {STEPS_MAX} steps; this one has {len(drafts)}. Split it.")
        drafts = drafts[:STEPS_MAX]
    steps = _steps(drafts, problems)
    _check_branches(steps, problems)
    variables = tuple(dict.fromkeys(m["name"] for m in _VARIABLE.finditer(body)))
    return Parsed(intro="\n".join(intro).strip(), steps=steps, variables=variables, problems=tuple(problems))


def _step(line: str) -> str:
    """The text of a step, or nothing. A heading is one only when it says so by its attributes: most headings only
    divide the text."""
    if item := _ITEM.match(line):
        return item["text"]
    heading = _HEADING.match(line)
    text = heading["text"].rstrip("#").rstrip() if heading else ""
    attributes = _ATTRIBUTES.search(text)
    return text if attributes and ("#" in attributes["inner"] or "kind=" in attributes["inner"]) else ""


def _attributes(text: str, line: int, problems: list[str]) -> tuple[str, dict[str, str]]:
    found = _ATTRIBUTES.search(text)
    if found is None:
        return text, {}
    attributes: dict[str, str] = {}
    for word in found["inner"].split():
        if word.startswith("#"):
            attributes["id"] = word[1:]
        elif "=" in word:
            name, _, value = word.partition("=")
            attributes[name] = value
        else:
            problems.append(f"Line {line}: “{word}” is no attribute. Write #id, kind=…, timeout=…, url=….")
    return text[: found.start()].strip(), attributes


def _steps(drafts: list[_Draft], problems: list[str]) -> tuple[Step, ...]:
    steps: list[Step] = []
    taken: set[str] = set()
    for number, draft in enumerate(drafts, 1):
        given = draft.attributes
        wanted = given.get("id") or f"step-{number}"
        if not _ID.fullmatch(wanted):
            problems.append(f"Line {draft.line}: #{wanted} is no id. Use letters, digits, - and _.")
            wanted = f"step-{number}"
        if wanted in taken:
            problems.append(f"Line {draft.line}: the id #{wanted} stands twice.")
            wanted = f"{wanted}-{number}"
        taken.add(wanted)
        kind = given.get("kind", StepKind.MANUAL)
        if kind not in [*StepKind]:
            problems.append(f"Line {draft.line}: kind={kind} is unknown. Use {', '.join(StepKind)}.")
            kind = StepKind.MANUAL
        if kind == StepKind.HTTP and not given.get("url"):
            problems.append(f"Line {draft.line}: a step of kind http needs url=….")
        unknown = sorted(given.keys() - {"id", "kind", "timeout", "url", "method", "expect"})
        problems += [f"Line {draft.line}: the attribute {name} is unknown." for name in unknown]
        detail = "\n".join(draft.detail).strip()
        steps.append(
            Step(
                id=wanted, text=draft.text, kind=StepKind(kind), detail=detail, url=given.get("url", ""),
                method=given.get("method", "GET").upper(),
                timeout_s=_timeout(given.get("timeout"), draft.line, problems),
                expect=_status(given.get("expect"), draft.line, problems),
                branches=tuple((m["words"], m["id"]) for m in _LINK.finditer(f"{draft.text}\n{detail}")),
            )
        )  # fmt: skip
    return tuple(steps)


def _timeout(word: str | None, line: int, problems: list[str]) -> int | None:
    if word is None:
        return None
    found = _DURATION.fullmatch(word)
    if found is None:
        problems.append(f"Line {line}: timeout={word} is no duration. Write 30s, 5m or 1h.")
        return None
    return int(found["n"]) * _SECONDS[found["unit"]]


def _status(word: str | None, line: int, problems: list[str]) -> int:
    if word is None or (word.isdigit() and 100 <= int(word) <= 599):
        return int(word or 200)
    problems.append(f"Line {line}: expect={word} is no HTTP status.")
    return 200


def _check_branches(steps: tuple[Step, ...], problems: list[str]) -> None:
    known = {step.id for step in steps}
    for step in steps:
        for words, target in step.branches:
            if target not in known:
                problems.append(f"“{words}” leads to #{target}, and there is no such step.")


def fill(text: str, variables: Mapping[str, str]) -> str:
    """``text`` with the variables that are known put in; the others stay as they are written, to be seen."""
    return _VARIABLE.sub(lambda found: variables.get(found["name"], found[0]), text)


def fill_url(url: str, variables: Mapping[str, str]) -> str:
    """``url`` with what is known put in. Values come from alerts, so none says more than one name in one place: it is
    percent-encoded, and in the host it can be one label at most (else it stays as written, and is not called)."""
    begin = url.find("/", url.find("://") + 3) if "://" in url else len(url)
    host, rest = (url[:begin], url[begin:]) if begin >= 0 else (url, "")
    labels = {name: value for name, value in variables.items() if _HOST_LABEL.fullmatch(value)}
    return fill(host, labels) + fill(rest, {name: quote(value, safe="") for name, value in variables.items()})


def missing(parsed: Parsed, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Variables of the text that nobody has given a value."""
    return tuple(name for name in parsed.variables if name not in variables)
