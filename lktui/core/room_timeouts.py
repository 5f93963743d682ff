"""After which time a server closes a room that we have made, whatever becomes of us."""

EMPTY_S = 60
"""After its making, if nobody comes."""
DEPARTURE_S = 20
"""After the last one has left; agents hold no room (facts/livekit.md section 4)."""
KEPT_S = 24 * 3600
"""Both of a room that is to be kept: it must outlive our leaving it."""
