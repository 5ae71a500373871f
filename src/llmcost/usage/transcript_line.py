"""A line of a Claude Code transcript as types, for the decoder that reads most of them: what is not named is passed over.

In a file of its own, because only who reads such logs pays for loading the decoder.
"""

from __future__ import annotations

from msgspec import Struct, field


class Written(Struct, gc=False):
    """Tokens written to the cache by lifetime."""

    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class Usage(Struct, gc=False):
    """What one answer used."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: Written | None = None
    service_tier: str | None = None
    speed: str | None = None
    iterations: list[dict[str, object]] | None = None


class Message(Struct, gc=False):
    """A message of either side; only a model's has a usage."""

    id: str | None = None
    model: str | None = None
    usage: Usage | None = None


class Line(Struct, gc=False, rename="camel"):
    """One line."""

    type: str | None = None
    timestamp: str | None = None
    cwd: str | None = None
    session_id: str | None = None
    git_branch: str | None = None
    request_id: str | None = None
    is_sidechain: bool | None = None
    message: Message | None = None
    cost_usd: float | None = field(default=None, name="costUSD")
