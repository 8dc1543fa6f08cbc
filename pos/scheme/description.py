"""The API described for machines: OpenAPI 3.1, made from the very messages that are checked.

Apart from the doors so that the description can be read, tested and served without one being
opened. Every answer that a caller can get stands in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pos.scheme.operations import MEASURES_TYPE

Schema = dict[str, Any]

_REFERENCE = "#/components/schemas/{model}"
_INTRODUCTION = (
    "In-store payments over one signed wire. Every request carries `client-id`, `request-time` "
    "and `signature`: RSA-2048, SHA-256, PKCS#1 v1.5 over `POST path\\nclient-id.time.body`. Every "
    "answer of a call is signed in the same way with `response-time`, also a refusal. How a call "
    "ended stands in `result`, not in the HTTP status."
)
_TEXT: Schema = {"type": "string"}
_PARAMETERS = [
    {
        "name": name,
        "in": "header",
        "required": False,  # without it the answer is a signed refusal, as documented
        "description": what,
        "schema": _TEXT,
    }
    for name, what in (
        ("client-id", "Who calls."),
        ("request-time", "ISO 8601 with offset, or milliseconds since 1970; signed as it stands."),
        ("signature", "`algorithm=RSA256,keyVersion=1,signature=<URL-encoded base64>`"),
    )
]
_SIGNED = {
    name: {"description": what, "required": True, "schema": _TEXT}
    for name, what in (
        ("client-id", "Whom the answer is for."),
        ("response-time", "When it was signed."),
        ("signature", "As in the request."),
    )
}


@dataclass(frozen=True, slots=True)
class Operation:
    """A call at one path: its name, what comes in, and what goes out."""

    path: str
    name: str
    request: type[BaseModel]
    response: type[BaseModel]


def describe(calls: Iterable[Operation]) -> Schema:
    """The description of `calls` and of the pages of operations."""
    schemas: Schema = {}
    paths: Schema = {}
    for call in calls:
        paths[call.path] = {"post": _operation(call, schemas)}
    paths["/health"] = {"get": _page("health", {"200": _status(), "503": _status()})}
    measures = {"description": "Prometheus' text.", "content": {MEASURES_TYPE: {"schema": _TEXT}}}
    paths["/metrics"] = {"get": _page("metrics", {"200": measures, "403": _status()})}
    own = {"description": "OpenAPI 3.1.", "content": _json({"type": "object"})}
    paths["/openapi.json"] = {"get": _page("openapi", {"200": own})}
    page = {"description": "This, as a page.", "content": {"text/html": {"schema": _TEXT}}}
    paths["/docs"] = {"get": _page("docs", {"200": page})}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Samkassa switch", "version": "1", "description": _INTRODUCTION},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _operation(call: Operation, schemas: Schema) -> Schema:
    answer = {"headers": _SIGNED, "content": _json(_reference(call.response, schemas))}
    return {
        "operationId": f"{call.name}-{'sandbox' if '/sandbox/' in call.path else 'live'}",
        "summary": (call.request.__doc__ or "").strip().splitlines()[0],
        "parameters": _PARAMETERS,
        "requestBody": {"required": True, "content": _json(_reference(call.request, schemas))},
        "responses": {
            "200": {"description": "Understood or refused: see `result`."} | answer,
            "413": {"description": "Too long; a refusal."} | answer,
            "429": {"description": "Too many unknown callers; unsigned and empty."},
        },
    }


def _reference(model: type[BaseModel], schemas: Schema) -> Schema:
    """A reference to `model`, whose schema and parts are put among `schemas`."""
    schema = model.model_json_schema(by_alias=True, ref_template=_REFERENCE)
    schemas |= schema.pop("$defs", {})
    schemas[model.__name__] = schema
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def _page(name: str, responses: Schema) -> Schema:
    return {"operationId": name, "responses": responses}


def _status() -> Schema:
    schema = {"type": "object", "properties": {"status": _TEXT}, "required": ["status"]}
    return {"description": "How it stands, in a word.", "content": _json(schema)}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}
