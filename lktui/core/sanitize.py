"""The one place where text from outside becomes text that is safe to show, log and store.

A terminal obeys what it is sent: escape sequences move the cursor, write the clipboard and
retitle windows, and bidirectional overrides make text read as what it is not. Whatever comes from
a server, an agent, a file or the environment passes through here once, where it enters.
"""

import re

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# C0 and C1 controls with DEL; bidi embeddings, overrides and isolates; line and paragraph
# separators; lone surrogates (they cannot be encoded); tag characters (invisible text).
_UNSAFE = (
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_BREAKS = r"\r\n|[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]"
# A JSON Web Token: the SDK quotes whole ones in its messages (facts/livekit.md section 5).
_TOKEN = re.compile(r"eyJ[\w-]{4,}(?:\.[\w-]*){0,2}")


def clean(text: str, *, limit: int = 0) -> str:
    """Make one line of safe text: controls replaced, line breaks and tabs turned into blanks.

    Args:
        text: Anything that a peer sent.
        limit: Longest result in characters; 0 is no limit. A cut is shown by an ellipsis.
    """
    if not text.isprintable():  # most texts are, and all that is unsafe is not
        text = re.sub(_UNSAFE, _REPLACEMENT, re.sub(_BREAKS, " ", text))
    if limit and len(text) > limit:
        text = text[: limit - 1] + "…"
    return text


def clean_lines(text: str) -> str:
    """Make safe text that keeps its line breaks, for exports and for speech of several lines."""
    lines = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text)
    return "\n".join(re.sub(_UNSAFE, _REPLACEMENT, line.replace("\t", "    ")) for line in lines)


def without_tokens(text: str) -> str:
    """Cut every JSON Web Token out of a text, expired or not."""
    return _TOKEN.sub("eyJ…", text)


def clean_detail(text: str, *, limit: int = 300) -> str:
    """Make an error text from outside fit to be shown: one line, no token, not endless."""
    return clean(without_tokens(text).strip(), limit=limit)
