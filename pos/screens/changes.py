"""What the engine's and the camera's threads tell a screen, as its messages.

Apart because the counter and the kiosk are told the same.
"""

from textual.message import Message

from pos.sale.view import View


class ViewChanged(Message):
    """The till has something new to show."""

    def __init__(self, view: View) -> None:
        super().__init__()
        self.view = view


class Glimpsed(Message):
    """The camera sees something new; what it is, the app keeps."""
