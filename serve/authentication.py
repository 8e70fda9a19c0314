"""Bearer tokens. Only their digests leave the process that deploys."""

import hashlib
import hmac
import ipaddress
import os
from typing import Self

from affect import storage
from affect.errors import AffectError
from serve.settings import Access

VARIABLE = "AFFECT_SERVE_TOKEN"
SHORTEST = 32
"""Characters. A digest without salt keeps only what cannot be guessed."""


class Tokens:
    """Knows valid tokens without holding them. Without any, nobody is asked for one."""

    def __init__(self, digests: tuple[bytes, ...]) -> None:
        self.digests = digests

    @classmethod
    def read(cls, access: Access, variable: str = VARIABLE) -> Self:
        """The tokens of ``variable`` in the environment and of the token file, parted by white space.

        Lines that begin with # are left out. Raises AffectError where a token is short, or the file is missing or
        holds none.
        """
        texts = {f"the variable {variable}": os.environ.get(variable, "")}
        if access.token_file is not None:
            texts[access.token_file] = storage.read_text(access.token_file)
        digests: list[bytes] = []
        for source, text in texts.items():
            lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
            tokens = " ".join(lines).split()
            if any(len(token) < SHORTEST for token in tokens):
                raise AffectError(
                    f"a token of {source} has fewer than {SHORTEST} characters; "
                    "'python -c \"import secrets; print(secrets.token_urlsafe(32))\"' makes a good one"
                )
            if source == access.token_file and not tokens:
                raise AffectError(f"{source} holds no token; write one a line, or leave the setting out")
            digests += map(_digest, tokens)
        return cls(tuple(dict.fromkeys(digests)))

    def __bool__(self) -> bool:
        return bool(self.digests)

    def __add__(self, others: "Tokens") -> "Tokens":
        return Tokens(tuple(dict.fromkeys((*self.digests, *others.digests))))

    def holds(self, holder: str | None) -> bool:
        """Whether ``holder``, a name that ``holder()`` gave, has one of these tokens."""
        return any(digest.hex()[:16] == holder for digest in self.digests)

    def holder(self, token: str) -> str | None:
        """A name for whoever holds ``token``, the same each time; None where it is not valid.

        Compared with every digest in constant time.
        """
        given = _digest(token)
        matches = [hmac.compare_digest(given, known) for known in self.digests]
        return given.hex()[:16] if any(matches) else None


def check_open(host: str | None, tokens: Tokens) -> None:
    """Refuse, by AffectError, to listen where others can reach it and to ask nobody who they are."""
    if not tokens and not is_loopback(host):
        raise AffectError(
            f"Serve listens at {host}, where others reach it, and there is no token: set {VARIABLE} or "
            "access.token_file, or listen at 127.0.0.1"
        )


def is_loopback(host: str | None) -> bool:
    """Whether only this machine reaches ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:  # a name, which may lead anywhere
        return False


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
