"""Errors that a person can cause. HTTP status codes are decided in core/api alone."""

from __future__ import annotations

from collections.abc import Mapping


class HubError(Exception):
    """Something asked for cannot be done; the message says what, why and the way out.

    `fields` maps an input's name (`parameters.limit`) to its sentences.
    """

    code = "error"

    def __init__(
        self, message: str, *, fields: Mapping[str, list[str]] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})


class InvalidInput(HubError):
    """What was sent is wrong; `fields` says where."""

    code = "invalid"


class NotFound(HubError):
    """There is no such thing, or the caller may not know of it."""

    code = "not_found"


class CredentialsNeeded(HubError):
    """The caller gave no credentials, and this needs some."""

    code = "not_authenticated"


class Forbidden(HubError):
    """The caller is known and may not do this."""

    code = "permission_denied"


class Unavailable(HubError):
    """Something that the hub needs for it does not answer; later it may."""

    code = "unavailable"


class TooLarge(HubError):
    """What was sent is larger than what is taken."""

    code = "too_large"


class NoRoom(HubError):
    """There is no room left to keep what was sent."""

    code = "no_room"


class WrongState(HubError):
    """The thing is there, but not in a state in which this can be done."""

    code = "wrong_state"


class Contradiction(HubError):
    """What was sent is well-formed, and contradicts what was sent before."""

    code = "contradiction"
