"""lktui: test LiveKit voice agents from a terminal."""

__version__ = "0.1.0"
