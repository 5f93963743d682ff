"""The base of everything that takes keys: the one gate from a key to what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeVar

from textual.reactive import Reactive
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget

from lktui.core.action_types import Danger, Question, View
from lktui.core.actions import ACTIONS, ActionId
from lktui.widgets.drawing import LEAST_CELLS, LEAST_ROWS

_Method = TypeVar("_Method", bound=Callable[..., Awaitable[None] | None])
_MARK = "handles_action"
_WHILE_TOO_SMALL = frozenset(
    {ActionId.QUIT, ActionId.INTERRUPT, ActionId.CONFIRM_CANCEL, ActionId.HELP_CLOSE}
)
"""What can be done while nobody sees what it is done to: quit, and go back to where one can."""


def does(name: ActionId) -> Callable[[_Method], _Method]:
    """Declare the method that carries an action out; it is given the view that was judged."""

    def mark(method: _Method) -> _Method:
        setattr(method, _MARK, name)
        return method

    return mark


class ActionScreen(Screen[ScreenResultType], inherit_bindings=False):
    """A screen whose keys are actions of the registry, carried out by methods marked `does`."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual's, which draws the whole screen when it changes: 9 kB at 120x40."""
    HANDLERS: ClassVar[dict[ActionId, str]] = {}
    """The method of each action, collected from the class and its bases."""

    _focus_before: Widget | None = None
    """What had the focus when the terminal became too small."""

    def __init_subclass__(cls, **options: bool) -> None:
        """Collect the handlers."""
        super().__init_subclass__(**options)
        cls.HANDLERS = {
            name: attribute
            for base in reversed(cls.__mro__)
            if not issubclass(Screen, base)  # Textual's own have none, and are large
            for attribute, method in vars(base).items()
            if isinstance(name := getattr(method, _MARK, None), ActionId)
        }

    @property
    def typing(self) -> bool:
        """Whether printable keys are text now."""
        return False

    @property
    def takes_text(self) -> bool:
        """Whether printable keys are text now, here or in what lies over it."""
        return self.typing

    def is_covered(self, name: ActionId) -> bool:  # noqa: ARG002 - for those that can be covered
        """Whether something lies over what an action's key is for."""
        return False

    def view(self) -> View:
        """Give what actions are judged by."""
        return View()

    def is_doing(self, name: ActionId, view: View) -> None:
        """Take note that an action is carried out."""

    def refuse(self, reason: str) -> None:
        """Say why an action is not done; where every action is always possible, never called."""
        raise NotImplementedError(reason)

    def ask(self, question: Question, *, final: bool, agreed: Callable[[], object]) -> None:
        """Put a question; where no action has one, never called.

        Args:
            question: What has to be agreed to.
            final: Whether it cannot be undone.
            agreed: Called if it is agreed to.
        """
        raise NotImplementedError(question)

    @property
    def is_too_small(self) -> bool:
        """Whether nothing is shown but that the terminal is too small."""
        return self.size.width < LEAST_CELLS or self.size.height < LEAST_ROWS

    def on_resize(self) -> None:
        """Take the focus from what is not shown any more, and give it back."""
        if self.is_too_small:
            self._focus_before = self.focused or self._focus_before
            self.set_focus(None)
        elif self._focus_before is not None:
            before, self._focus_before = self._focus_before, None
            self.set_focus(before)

    def _compositor_refresh(self) -> None:
        """Draw nothing while frames are held back: Textual draws them and throws them away."""
        if not self.app._batch_count:  # noqa: SLF001 - Textual tells it nowhere else
            super()._compositor_refresh()

    async def action_perform(self, name: str) -> None:
        """Take a key press; the next one waits until this is done."""
        if self.is_covered(ActionId(name)):
            return
        rest = self.perform(ActionId(name))
        if rest is not None:
            await rest

    def perform(self, name: ActionId) -> Awaitable[None] | None:
        """Do an action if it is possible, after its question if it has one.

        Returns:
            What remains to be waited for, or None.
        """
        if self.is_too_small and name not in _WHILE_TOO_SMALL:
            return None
        action, view = ACTIONS[name], self.view()
        reason = action.unavailable(view)
        if reason is not None:
            self.refuse(reason)
            return None
        method: Callable[[View], Awaitable[None] | None] = getattr(self, self.HANDLERS[name])

        def handler(judged: View) -> Awaitable[None] | None:
            self.is_doing(name, judged)
            return method(judged)

        # What the question would say, TooSmall says: that a conversation goes on.
        question = None if self.is_too_small else action.ask(view)
        if question is None:
            return handler(view)
        final = action.danger is Danger.DESTRUCTIVE
        self.ask(question, final=final, agreed=lambda: handler(view))
        return None
