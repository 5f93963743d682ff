"""The base of everything that takes keys: the one gate from a key to what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeVar

from textual.reactive import Reactive
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget

from lktui.core.action_types import Danger, Question, View
from lktui.core.actions import ACTIONS, ActionId

_Method = TypeVar("_Method", bound=Callable[..., Awaitable[None] | None])
_MARK = "handles_action"


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

    def view(self) -> View:
        """Give what actions are judged by."""
        return View()

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

    async def action_perform(self, name: str) -> None:
        """Take a key press; the next one waits until this is done."""
        rest = self.perform(ActionId(name))
        if rest is not None:
            await rest

    def perform(self, name: ActionId) -> Awaitable[None] | None:
        """Do an action if it is possible, after its question if it has one.

        Returns:
            What remains to be waited for, or None.
        """
        action, view = ACTIONS[name], self.view()
        reason = action.unavailable(view)
        if reason is not None:
            self.refuse(reason)
            return None
        handler: Callable[[View], Awaitable[None] | None] = getattr(self, self.HANDLERS[name])
        question = action.ask(view)
        if question is None:
            return handler(view)
        final = action.danger is Danger.DESTRUCTIVE
        self.ask(question, final=final, agreed=lambda: handler(view))
        return None
