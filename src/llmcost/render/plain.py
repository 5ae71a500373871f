"""Text from a user's file made harmless before it reaches a terminal, a report or a spreadsheet."""

from __future__ import annotations

import re

# Control characters, and the marks that turn text around or hide it.
UNSAFE_BEYOND_ASCII = r"[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
_UNSAFE = re.compile(r"[\x00-\x1f]|" + UNSAFE_BEYOND_ASCII)
_LONGEST = 1000


def harmless(text: str, *, whole: bool = False) -> str:
    r"""Control and direction characters written out (`\x1b`), very long text cut unless it is wanted `whole`."""
    if len(text) > _LONGEST and not whole:
        text = text[: _LONGEST - 1] + "…"
    return _UNSAFE.sub(lambda found: found.group().encode("unicode_escape", "surrogatepass").decode(), text)


# What begins a formula; a spreadsheet set to Chinese or Japanese takes the full-width forms for the same.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%", "＝", "＋", "－", "＠")
_FIGURES = re.compile(r"-[-\d.,%$]*")  # -5%, -$40, -5..5: neither a name nor a call can be made of these


def cell(text: str) -> str:
    """A spreadsheet cell that cannot be taken for a formula; a negative number stays one."""
    text = harmless(text)
    if _FIGURES.fullmatch(text):
        return text
    return "'" + text if text[:1] in _FORMULA else text


def markdown(text: str) -> str:
    """Text as Markdown shows it literally; a name in it notifies nobody and refers to no issue."""
    escaped = re.sub(r"([\\`*_\[\]<>|#~&])", r"\\\1", harmless(text))
    return re.sub(r"(?<!\w)(@|\\#)(?=\w)", r"\1<!-- -->", escaped)


def unlinked(text: str) -> str:
    """Markdown in which no address becomes a link by itself."""
    return re.sub(r"(?i)\b(https?:|ftp:|mailto:|xmpp:|www\.)", r"\1<!-- -->", text)


def code(text: str) -> str:
    """Text as a code span of a Markdown table: nothing in it is a link, a mention or markup."""
    if not text:
        return ""
    # A pipe after a backslash cannot be escaped in a code span: it is written out.
    text = re.sub(r"(?<!\\)\|", r"\|", harmless(text).replace("\\|", "\\x7c"))
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"
