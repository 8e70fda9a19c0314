"""The one exception that is meant for people to read."""


class AffectError(Exception):
    """Something the user can mend: the message names the thing at fault and what to do about it.

    Jobs print the message without a traceback and exit with status 2; a batch job that meets one in a single item
    sets the item aside with the message as its reason.
    """
