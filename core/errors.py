"""Errors whose messages are fit to show to a user.

Each message names the thing, the rule and the value, and says what to do. Pages show them as they are;
the command line prints them on one line. Anything else that is raised is a defect of ours.
"""


class ClienteleError(Exception):
    """The base of all errors with a message for the user."""


class InputError(ClienteleError):
    """The file or the arguments are at fault; the user can mend it."""


class TooLittleDataError(InputError):
    """The data is right but there is not enough of it for what was asked."""


class LeakError(InputError):
    """What is to be predicted can be read off what is given: a model would learn nothing."""


class NotFoundError(ClienteleError):
    """What a link or a call names does not exist, or no longer."""


class ConflictError(ClienteleError):
    """Somebody else changed the same thing meanwhile; trying again helps."""


class CancelledError(ClienteleError):
    """A person stopped the work; nothing was changed."""


class DiskError(ClienteleError):
    """A disk, or the server of the catalog, cannot be read or written; nothing was changed."""


class DiskFullError(DiskError):
    """There is no room left on a disk; nothing was changed."""
