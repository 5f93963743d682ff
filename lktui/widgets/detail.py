"""The story of the row under the cursor: its verdict at the left, what happened at the right."""

from __future__ import annotations

import msgspec
from textual.content import Content
from textual.widget import Widget

from lktui.core.signs import StateKind
from lktui.core.wrap import clip, fit, wrap
from lktui.widgets.drawing import FULL_CELLS, FULL_ROWS, STYLES, WIDE_CELLS, Part, line, state

LABEL_CELLS = 7
STORY_CELLS = 30
WIDE_STORY_CELLS = 48
_WHAT_CELLS = 20
_WIDE_WHAT_CELLS = 30
_BRIEF_LABEL = "do"
"""The only label where the detail has three rows."""


class Step(msgspec.Struct, frozen=True):
    """One line of the story."""

    at: str
    """At most 6 cells."""
    what: str
    took: str = ""
    """At most 7 cells; shown from 120 columns on."""
    kind: StateKind | None = None


class DetailView(msgspec.Struct, frozen=True):
    """What is to be said of a row."""

    kind: StateKind | None = None
    headline: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    """`seen`, `cause`, `do` and the like with their sentences; those without one are left out."""
    story: tuple[Step, ...] = ()
    label_cells: int = LABEL_CELLS


class Detail(Widget):
    """Fits verdict and story into the rows there are; what to do is never cut away."""

    DEFAULT_CSS = """
    Detail { width: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._view = DetailView()

    def show(self, view: DetailView) -> None:
        """Say something else, if it is something else."""
        if view != self._view:
            self._view = view
            self.refresh()

    def render(self) -> Content:
        """Put both halves beside each other."""
        width, height = self.size
        screen = self.app.size
        brief = screen.width < FULL_CELLS or screen.height < FULL_ROWS
        story_cells = WIDE_STORY_CELLS if screen.width >= WIDE_CELLS else STORY_CELLS
        story: list[Content] = []
        if self._view.story and not brief:
            story = story_rows(self._view.story, height, wide=screen.width >= WIDE_CELLS)
        # One blank before it, two between both halves.
        room = width - 1 - (2 + story_cells if story else 1)
        left = verdict_rows(self._view, room, height, brief=brief)
        rows: list[Content] = []
        for index in range(max(len(left), len(story))):
            verdict = left[index] if index < len(left) else Content("")
            step = story[index] if index < len(story) else Content("")
            rows.append(line(" ", verdict, " " * (room + 2 - verdict.cell_length), step))
        return Content("\n").join(rows)


def verdict_rows(view: DetailView, width: int, height: int, *, brief: bool) -> list[Content]:
    """Write headline and labels in at most `height` rows."""
    rows: list[Content] = []
    if view.headline:
        words: Part = (clip(view.headline, width), "bold")
        if view.kind is not None:
            words = state(view.kind, clip(view.headline, width - 2), bold=True)
        rows.append(line(words))
    labels = [(name, text) for name, text in view.labels if text]
    if brief:
        labels = [(name, text) for name, text in labels if name == _BRIEF_LABEL]
    cells = view.label_cells
    blocks = [(name, wrap(text, width - cells)) for name, text in labels]
    for name, sentences in _trimmed(blocks, height - len(rows), width - cells):
        for index, sentence in enumerate(sentences):
            label = name if index == 0 else ""
            rows.append(line((fit(label, cells), "$muted"), sentence))
    return rows


def _trimmed(
    blocks: list[tuple[str, list[str]]], height: int, width: int
) -> list[tuple[str, list[str]]]:
    """Cut the longest sentences, what to do last, until all have room."""
    kept = [len(sentences) for _, sentences in blocks]
    while sum(kept) > height and max(kept) > 1:
        causes = [i for i, (name, _) in enumerate(blocks) if name != _BRIEF_LABEL and kept[i] > 1]
        longest = max(causes or range(len(blocks)), key=kept.__getitem__)
        kept[longest] -= 1
    trimmed = []
    for (name, sentences), count in zip(blocks, kept, strict=True):
        last = clip(" ".join(sentences[count - 1 : count + 1]), width)
        trimmed.append((name, [*sentences[: count - 1], last]))
    return trimmed[: max(0, height)]


def story_rows(steps: tuple[Step, ...], height: int, *, wide: bool) -> list[Content]:
    """Write the newest steps; how many came before is said in their place."""
    rows: list[Content] = []
    if len(steps) > height:
        earlier = len(steps) - height + 1
        rows.append(line((f"{'…':>6}  {earlier} earlier", "$muted")))
        steps = steps[earlier:]
    cells = _WIDE_WHAT_CELLS if wide else _WHAT_CELLS
    for step in steps:
        style = STYLES[step.kind] if step.kind is not None else "$foreground"
        what = fit(step.what, cells)
        took: Part = (f"{step.took:>9}", "$muted") if wide else ""
        rows.append(line((f"{step.at:>6}  ", "$muted"), (what, style), took))
    return rows
