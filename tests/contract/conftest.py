"""The SDK runs in the tests' own process here, and must not take it down when it ends."""

from __future__ import annotations

import atexit
import time

# The SDK can abort the process at its exit; handlers run in reverse order, so this one, registered
# before the SDK is imported, gives its threads the time to end (facts/livekit.md section 6).
atexit.register(time.sleep, 0.2)
