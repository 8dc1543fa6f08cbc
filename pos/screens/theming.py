"""The wish for another theme, as screens tell it to the application.

Apart because every screen may ask and only the application can change what all of them wear.
"""

from textual.message import Message


class ThemeAsked(Message):
    """Wear the next theme: dark, light, high contrast, and dark again."""
