"""The least Textual app that draws a full screen: what first paint is measured against."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Minimal(App[None]):
    """One line of text."""

    def compose(self) -> ComposeResult:
        yield Static("minimal app")


if __name__ == "__main__":
    Minimal().run()
