"""What the server says of itself."""

from __future__ import annotations

from livekit.protocol import models

from lktui import __version__
from lktui.sandbox.identifiers import Prefix, new_id

BANNER = f"lktui sandbox {__version__}: for trying and for testing only, never for production"

SERVER_INFO = models.ServerInfo(
    edition=models.ServerInfo.Standard,
    # Of the server that it imitates. From protocol 18 on clients negotiate their data channels,
    # which is not done here (facts/livekit.md section 7).
    version="1.13.5",
    protocol=16,
    agent_protocol=1,
    node_id=new_id(Prefix.NODE),
)
