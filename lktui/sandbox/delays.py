"""How late the real server is, in seconds: measured (facts/livekit.md) or read in its source."""

from __future__ import annotations

import msgspec

_DEAD_LEAST_S = 6.0
# What a worker of livekit-agents itself may take on a busy machine.
_ANSWER_LEAST_S = 2.0
_LEAVE_LEAST_S = 1.0


class Delays(msgspec.Struct, frozen=True):
    """Everything that a product has to live with, on a scale of one's choice.

    Not in here, and never scaled: what a client asks for itself, such as a room's time-outs, and
    what the SDK itself needs time for.
    """

    scale: float = 1.0
    """1 is as late as the real server; 0.1 is for tests."""

    @property
    def presence_s(self) -> float:
        """Seconds between two batches of presence events."""
        return 3.0 * self.scale

    @property
    def room_count_s(self) -> float:
        """Least seconds between two counts of a room's participants."""
        return 5.0 * self.scale

    @property
    def dead_s(self) -> float:
        """Seconds that a participant stays after its connections have gone."""
        return 22.4 * self.scale

    @property
    def silent_s(self) -> float:
        """Seconds that a participant stays whose process is frozen: its signal connection stands.

        Not below 6 s on any scale: a healthy client checks its data connection every 2.5 s only.
        """
        return max(self.dead_s, _DEAD_LEAST_S)

    @property
    def never_connected_s(self) -> float:
        """Seconds that a participant stays who never gets a data connection."""
        return max(60.0 * self.scale, _DEAD_LEAST_S)

    @property
    def job_request_s(self) -> float:
        """Seconds between a dispatch and the question to a worker."""
        return 0.2 * self.scale

    @property
    def job_answer_s(self) -> float:
        """Seconds after which a worker's answer is too late; not below 2 s on any scale."""
        return max(3.0 * self.scale, _ANSWER_LEAST_S)

    @property
    def worker_census_s(self) -> float:
        """Seconds for which the server asks who has workers; jobs show only afterwards."""
        return 5.0 * self.scale

    @property
    def worker_cache_s(self) -> float:
        """Seconds for which the answer to that question is good."""
        return 60.0 * self.scale

    @property
    def job_ends_s(self) -> float:
        """Seconds that an agent has to leave when its dispatch has been deleted; at least 1 s."""
        return max(3.0 * self.scale, _LEAVE_LEAST_S)

    @property
    def missing_room_s(self) -> float:
        """Seconds until a question to a room that is not there is `unavailable`."""
        return 3.0 * self.scale
