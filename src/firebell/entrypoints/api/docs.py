"""``/api/docs``: the OpenAPI document as one page, without scripts and without the internet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

router = APIRouter(include_in_schema=False)

_VERBS = ("get", "post", "put", "patch", "delete")
_CSS = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 60rem; padding: 1rem }
details { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .4rem; margin: .4rem 0 }
summary { cursor: pointer; padding: .5rem .8rem; overflow-wrap: anywhere }
details > :not(summary) { margin-inline: .8rem }
code, pre { font-family: ui-monospace, monospace; font-size: .9em }
pre { overflow-x: auto }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { padding: .2rem .8rem .2rem 0; text-align: start; vertical-align: top }
.verb { display: inline-block; font-weight: 700; min-width: 4.5rem }
"""


@router.get("/api/docs.css")
def styles() -> Response:
    return Response(_CSS, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


@router.get("/api/docs")
def documentation(request: Request) -> HTMLResponse:
    """Every operation of the API with what it takes and gives."""
    document: Mapping[str, Any] = request.app.openapi()
    return HTMLResponse("".join(_page(document)))


def _page(document: Mapping[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width, initial-scale=1"><title>Firebell API</title>'
        '<link rel="stylesheet" href="/api/docs.css"></head><body><main>'
        f"<h1>Firebell API {escape(info['version'])}</h1><p>{escape(info.get('description', ''))}</p>"
        "<p>Send <code>Authorization: Bearer fb_…</code>. Lists take <code>limit</code> and <code>cursor</code> "
        "and answer <code>{items, next}</code>; "
        "a POST takes an <code>Idempotency-Key</code>, a change an <code>If-Match</code>. "
        'The same as a machine reads it: <a href="/api/openapi.json">openapi.json</a>.</p>'
    )
    by_tag: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {}
    for path, item in document["paths"].items():
        for verb in _VERBS:
            if verb in item:
                by_tag.setdefault((item[verb].get("tags") or ["other"])[0], []).append((verb, path, item[verb]))
    yield "<nav><p>" + " · ".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in by_tag) + "</p></nav>"
    for tag, operations in by_tag.items():
        yield f'<section><h2 id="{escape(tag)}">{escape(tag)}</h2>'
        for verb, path, operation in operations:
            yield from _operation(document, verb, path, operation)
        yield "</section>"
    yield "</main></body></html>"


def _operation(document: Mapping[str, Any], verb: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f'<details><summary><span class="verb">{verb.upper()}</span> <code>{escape(path)}</code> '
        f"{escape(operation.get('summary', ''))}</summary><p>{escape(operation.get('description', ''))}</p>"
    )
    if operation.get("parameters"):
        yield "<table><tr><th>Parameter<th>In<th>Type<th>Meaning"
        for one in operation["parameters"]:
            kind = escape(_type(one.get("schema", {})))
            words = escape(one.get("description", ""))
            yield f"<tr><td><code>{escape(one['name'])}</code><td>{escape(one['in'])}<td>{kind}<td>{words}"
        yield "</table>"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        yield f"<h3>Body</h3>{_shape(document, body)}"
    for status, answer in operation.get("responses", {}).items():
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if status.startswith("2") and schema:
            yield f"<h3>Answer {escape(status)}</h3>{_shape(document, schema)}"
    yield "</details>"


def _shape(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    found, many = _resolved(document, schema)
    fields = found.get("properties")
    if not fields:
        return f"<p>{escape(_type(schema))}</p>"
    needed = set(found.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{'' if name in needed else '?'}<td>{escape(_type(one))}"
        f"<td>{escape(one.get('description', ''))}"
        for name, one in fields.items()
    )
    words = escape(found.get("description", ""))
    return f"<p>{'A list. ' if many else ''}{words}</p><table><tr><th>Field<th>Type<th>Meaning{rows}</table>"


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    if "$ref" in schema:
        return document["components"]["schemas"].get(schema["$ref"].rsplit("/", 1)[-1], {}), False
    if schema.get("type") == "array":
        return _resolved(document, schema.get("items", {}))[0], True
    for one in schema.get("anyOf", ()):
        if one.get("type") != "null":
            return _resolved(document, one)
    return schema, False


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("const") or schema.get("type") or "anything")
