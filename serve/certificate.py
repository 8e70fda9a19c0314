"""Make a self-signed certificate: ``python -m serve.certificate --out FOLDER --name HOST``."""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from affect.command_line import run_app
from affect.errors import AffectError

CERTIFICATE, KEY = "certificate.pem", "key.pem"
_CLOCKS_DIFFER = timedelta(minutes=5)

app = typer.Typer(add_completion=False)


@app.command()
def main(
    out: Annotated[Path, typer.Option(help="the folder to write certificate.pem and key.pem into")],
    name: Annotated[
        list[str] | None, typer.Option(help="a host name or address that clients ask; localhost by default")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="how long it is valid")] = 365,
) -> None:
    """A certificate that clients must be told to trust, for trying out or for a closed network."""
    paths = out / CERTIFICATE, out / KEY
    for path in paths:
        if path.exists():
            raise AffectError(f"{path} is there already; give another --out, or remove it")
    certificate, key = self_signed(name or ["localhost", "127.0.0.1", "::1"], days)
    out.mkdir(parents=True, exist_ok=True)
    paths[0].write_bytes(certificate)
    with open(os.open(paths[1], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # for its owner alone
        file.write(key)
    typer.echo(f"--tls-cert {paths[0]} --tls-key {paths[1]}")


def check_certificate(certificate: str | None, key: str | None) -> None:
    """Raise AffectError where one of the two files is missing, cannot be read or does not belong to the other."""
    if (certificate is None) != (key is None):
        raise AffectError("TLS needs both: give --tls-cert and --tls-key")
    if certificate is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        except OSError as error:
            raise AffectError(f"{certificate} and {key} are no certificate with its key: {error}") from error


def self_signed(names: list[str], days: int) -> tuple[bytes, bytes]:
    """A certificate for host ``names`` and addresses, and its key, both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(list(map(_general_name, names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


if __name__ == "__main__":
    run_app(app)
