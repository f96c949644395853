"""Errors with messages for the user.

Each message names the subject, the rule and the value, and says what to do next. Pages show messages unchanged, and the
command line prints them on one line. Any other exception is a bug in Clientele.
"""


class ClienteleError(Exception):
    """Base class of all errors with a message for the user."""


class InputError(ClienteleError):
    """A problem with the file or the arguments that the user can fix."""


class TooLittleDataError(InputError):
    """Valid data, but too little of it for the request."""


class LeakError(InputError):
    """Target leakage: the inputs reveal the outcome to predict, so a model would learn nothing."""


class NotFoundError(ClienteleError):
    """The named object does not exist, or was deleted."""


class ConflictError(ClienteleError):
    """A concurrent change of the same object; trying again helps."""


class CancelledError(ClienteleError):
    """Work cancelled by a person; nothing was changed."""


class DiskError(ClienteleError):
    """A disk or catalog server that cannot be read or written; nothing was changed."""


class DiskFullError(DiskError):
    """A full disk; nothing was changed."""
