"""Sessions of the page: a signed cookie in place of the bearer token, which scripts of the page cannot read."""

from urllib.parse import urlsplit

from itsdangerous import BadSignature, TimestampSigner
from starlette.requests import HTTPConnection

from serve.authentication import Tokens
from serve.problems import ProblemError

COOKIE = "affect_session"
LASTS_S = 12 * 3600
_SALT = "affect session"
_OF_THE_PAGE = ("same-origin", "none")
"""Sec-Fetch-Site of what the page asks, and of an address that a person typed."""


class Sessions:
    """Cookies that prove a token. Signed by the token's digest: one that is no longer valid ends its sessions too."""

    def __init__(self, tokens: Tokens) -> None:
        self._signers = {digest.hex()[:16]: TimestampSigner(digest, salt=_SALT) for digest in tokens.digests}

    def begin(self, holder: str) -> str:
        """The cookie for a ``holder`` of Tokens."""
        return self._signers[holder].sign(holder).decode()

    def holder(self, connection: HTTPConnection) -> str | None:
        """Who the cookie of a request is of; None where there is none, or one that is forged or too old.

        Raises origin_refused where another page than the server's own sent it.
        """
        cookie = connection.cookies.get(COOKIE, "")
        name = cookie.partition(".")[0]
        signer = self._signers.get(name)
        if signer is None:
            return None
        try:
            signer.unsign(cookie, max_age=LASTS_S)
        except BadSignature:
            return None
        if not of_the_page(connection):
            raise ProblemError("origin_refused", "the session is the page's own; send a bearer token from elsewhere")
        return name


def of_the_page(connection: HTTPConnection) -> bool:
    """Whether the server's own page, or a person, asks. What could change anything must say where it is from."""
    headers = connection.headers
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and not own_origin(connection):
        return False
    if site is not None:
        return site in _OF_THE_PAGE
    return origin is not None or connection.scope.get("method") in {"GET", "HEAD"}


def own_origin(connection: HTTPConnection) -> bool:
    """Whether Origin names the host that was asked. Not its scheme: a proxy may have ended TLS."""
    try:
        return urlsplit(connection.headers.get("origin", "")).netloc == connection.headers.get("host")
    except ValueError:  # brackets that hold no address
        return False
