"""Certificates of an authority of one's own, for servers of 127.0.0.1."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

LOCALHOST = "127.0.0.1"
_KEY_USAGE = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
    "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


class Authority:
    """Signs certificates; nobody trusts it who is not told to.

    Args:
        folder: Where its files are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test's own")])
        self._made = 0
        self.file = folder / "authority.pem"
        own = self._built(self._name, self._key.public_key(), lasts=timedelta(days=365)).sign(
            self._key, hashes.SHA256()
        )
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def server(
        self, *, host: str = LOCALHOST, lasts: timedelta = timedelta(days=90)
    ) -> ssl.SSLContext:
        """Give what a server needs to speak TLS.

        Args:
            host: Whose certificate it shows.
            lasts: How long that is valid from now; negative: it has ended.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
        signed = self._built(subject, key.public_key(), lasts=lasts, host=host).sign(
            self._key, hashes.SHA256()
        )
        self._made += 1
        file = self._folder / f"server-{self._made}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _built(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        lasts: timedelta,
        host: str = "",
    ) -> x509.CertificateBuilder:
        now, is_authority = datetime.now(UTC), not host
        uses = {"key_cert_sign", "crl_sign"} if is_authority else {"digital_signature"}
        usage = x509.KeyUsage(**{use: use in uses for use in _KEY_USAGE})
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + lasts)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )  # fmt: skip
        if is_authority:
            return builder
        names = x509.SubjectAlternativeName([_general_name(host)])
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        return builder.add_extension(names, critical=False).add_extension(purpose, critical=False)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
