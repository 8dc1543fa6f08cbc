"""A till's screen without a till: Views go in by hand, Inputs are kept in a list."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import pytest

from pos.commands.pictures import NOW_S
from pos.language import Language
from pos.sale.input import Input, SeekReceipt, ShowReceipt
from pos.sale.view import View
from pos.screens.app import PosApp
from pos.screens.qr import QrForm


@dataclass
class Till:
    """Takes what the screen puts; `takes` is its answer, `now_s` its clock."""

    inputs: list[Input] = field(default_factory=list)
    takes: bool = True
    now_s: float = NOW_S

    def put(self, given: Input) -> bool:
        """Keep `given`."""
        self.inputs.append(given)
        return self.takes

    @property
    def asked(self) -> list[Input]:
        """What changes something: without what only says where a person looks."""
        return [each for each in self.inputs if not isinstance(each, SeekReceipt | ShowReceipt)]

    def screen(self, first: View, code: str = "en", **more: Any) -> PosApp:
        """The screen of this till."""
        language = Language(code, UTC)
        more.setdefault("qr_form", QrForm.HALF)
        return PosApp(self.put, language, first, clock=lambda: self.now_s, **more)


_DRAFTS = "TEXTUAL_SNAPSHOT_TEMPDIR"


@pytest.fixture(scope="session")
def drafts_folder() -> str:
    """Where the snapshot plugin keeps its drafts; it named the folder when the session began."""
    return os.environ.get(_DRAFTS, "")


@pytest.fixture(autouse=True)
def snapshot_drafts(
    drafts_folder: str, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clean environment still tells the snapshot plugin its folder."""
    monkeypatch.setenv(_DRAFTS, drafts_folder)


@pytest.fixture
def anyio_backend() -> str:
    """Textual runs on asyncio alone."""
    return "asyncio"


@pytest.fixture
def till() -> Till:
    """A till with nothing on it."""
    return Till()


@pytest.fixture
def seen() -> Callable[[PosApp], str]:
    """What stands on a screen, as lines of text."""

    def text(app: PosApp) -> str:
        strips = app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    return text
