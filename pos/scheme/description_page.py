"""The description of the API as a page for people: `/docs`, plain HTML that loads nothing.

Apart from the description because machines read that, and so that the page needs no network, no
script and no other site: it is drawn from the very same object.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Schema = Mapping[str, Any]

_STYLE = """
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: #10151c;
  font: 16px/1.5 system-ui, sans-serif; }
code, .path { font-family: ui-monospace, monospace; font-size: .92em; overflow-wrap: anywhere; }
h2 { margin-top: 2.5rem; border-bottom: 2px solid #10151c; }
h3 { margin: 2rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { overflow-wrap: anywhere; padding: .3rem .6rem; border: 1px solid #c8ced8;
  text-align: left; vertical-align: top; }
th { background: #eceff4; }
.verb { padding: .1rem .5rem; border-radius: .3rem; background: #10151c; color: #fff; }
nav { columns: 16rem; }
nav ul { margin: 0; padding: 0; list-style: none; }
"""
_TICKED = re.compile(r"`([^`]*)`")


def page_headers() -> dict[str, str]:
    """What fences the page in: its own style and nothing else, framed by nobody."""
    style = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'; "
            "base-uri 'none'; form-action 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
    }


def render(description: Schema) -> str:
    """The page of an OpenAPI description: every call, its answers, and every message."""
    title = escape(description["info"]["title"])
    calls = [
        (path, verb, call)
        for path, verbs in description["paths"].items()
        for verb, call in verbs.items()
    ]
    messages = description["components"]["schemas"]
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>",
        f"<p>{_prose(description['info']['description'])}</p>",
        '<p>For machines: <a href="/openapi.json">openapi.json</a>, '
        f"OpenAPI {escape(description['openapi'])}.</p>",
        "<nav><ul>",
        *(f'<li><a class="path" href="#{_mark(path)}">{escape(path)}</a>' for path, _, _ in calls),
        "</ul></nav><h2>Calls</h2>",
        *(part for path, verb, call in calls for part in _call(path, verb, call)),
        "<h2>Messages</h2>",
        *(part for name, schema in messages.items() for part in _message(name, schema)),
        "</body></html>",
    ]
    return "\n".join(parts)


def _call(path: str, verb: str, call: Schema) -> Iterator[str]:
    yield f'<h3 id="{_mark(path)}"><span class="verb">{escape(verb.upper())}</span> '
    yield f'<span class="path">{escape(path)}</span></h3>'
    if "summary" in call:
        yield f"<p>{_prose(call['summary'])}</p>"
    yield "<table>"
    for header in call.get("parameters", ()):
        yield _row(
            "header", f"<code>{escape(header['name'])}</code>", _prose(header["description"])
        )
    for kind, schema in _content(call.get("requestBody", {})):
        yield _row("body", escape(kind), _type(schema))
    for status, answer in call["responses"].items():
        told = [f"{escape(kind)}: {_type(schema)}" for kind, schema in _content(answer)]
        signed = "; signed" if "headers" in answer else ""
        yield _row(
            f"answer {escape(status)}", _prose(answer["description"]) + signed, "<br>".join(told)
        )
    yield "</table>"


def _message(name: str, schema: Schema) -> Iterator[str]:
    yield f'<h3 id="{_mark(name)}">{escape(name)}</h3>'
    if "description" in schema:
        yield f"<p>{_prose(schema['description'])}</p>"
    yield "<table><tr><th>field</th><th>must</th><th>what it holds</th></tr>"
    needed = schema.get("required", ())
    for field, held in schema.get("properties", {}).items():
        must = "yes" if field in needed else ""
        yield _row(f"<code>{escape(field)}</code>", must, _type(held))
    yield "</table>"


def _content(part: Schema) -> Iterator[tuple[str, Schema]]:
    for kind, held in part.get("content", {}).items():
        yield kind, held["schema"]


def _type(schema: Schema) -> str:
    """What a value may be, in words; a message as a link to its table."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{_mark(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"] if each != {"type": "null"})
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}{_limits(schema)}"
    if "const" in schema:
        return f"always <code>{escape(str(schema['const']))}</code>"
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    return f"{escape(schema.get('type', 'anything'))}{_limits(schema)}"


def _limits(schema: Schema) -> str:
    said = []
    for key, word in (("maxLength", "characters"), ("maxItems", "items")):
        if key in schema:
            said.append(f"at most {schema[key]} {word}")
    if "pattern" in schema:
        said.append(f"<code>{escape(schema['pattern'])}</code>")
    return "".join(f", {each}" for each in said)


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _prose(text: str) -> str:
    """Text with `code` in ticks, made safe."""
    return _TICKED.sub(r"<code>\1</code>", escape(text, quote=False))


def _mark(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")
