"""The application with its doors in front: a call of the API goes straight to the one it is for.

Apart from the doors because this is only about the way there: the layers that FastAPI puts around
a page (middlewares, dependencies, validation) cost more than all that a door does by itself.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

Door = Callable[[Request], Awaitable[Response]]


class Entrance(FastAPI):
    """FastAPI with doors: a POST to the path of one is answered by it alone, the rest as ever."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._doors: dict[str, Door] = {}

    def open_door(self, path: str, door: Door) -> None:
        """Let `door` answer what is posted to exactly `path`."""
        self._doors[path] = door
        # So that another method meets a path that exists.
        self.add_route(path, door, methods=["POST"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        door = None
        if scope["type"] == "http" and scope["method"] == "POST":
            door = self._doors.get(scope["path"])
        if door is None:
            await super().__call__(scope, receive, send)
            return
        response = await door(Request(scope, receive))
        await response(scope, receive, send)
