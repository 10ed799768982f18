"""Which addresses may be called from inside. Pure: nothing here opens a socket or resolves a name.

The families come from the IANA special-purpose registries (RFC 6890, RFC 8190) plus two addresses that are public
on paper and internal in a cloud. ``ipaddress.is_global`` is not enough: it lets NAT64, 6to4, multicast and
site-local addresses through.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from firebell.kernel.errors import Invalid

__all__ = ["Destination", "FetchPolicy", "Opening", "destination", "openings", "refusal", "vet"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REFUSED_4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # Azure's own agent answers here from inside a machine
    )
)  # fmt: skip
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_6 = tuple(
    ipaddress.IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
# An IPv4 address in IPv6 clothes: the kernel or a translator will talk to the inner one, so that one is judged.
_WRAPPERS = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))
_WEB_PORTS = frozenset({80, 443})
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def _inner(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address) and any(address in wrapper for wrapper in _WRAPPERS):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def vet(address: str) -> str | None:
    """Why this IP address is refused, or ``None`` when it is an ordinary public one.

    ``address`` is a textual IPv4 or IPv6 address as a resolver returns it; anything else is refused.
    """
    if "%" in address:
        return "an address with a zone id is local to one link"
    try:
        judged = _inner(ipaddress.ip_address(address))
    except ValueError:
        return "not an IP address"
    if isinstance(judged, ipaddress.IPv4Address):
        family: Network | None = next((net for net in _REFUSED_4 if judged in net), None)
    elif judged not in _GLOBAL_6:
        return "outside the public IPv6 range 2000::/3"
    else:
        family = next((net for net in _REFUSED_6 if judged in net), None)
    return None if family is None else f"{family} is not public"


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What an administrator allows beyond https to public addresses on ports 443 and 80.

    ``allow_internal``: ``CIDR`` or ``CIDR:port`` (IPv6 with a port as ``[fd00::/8]:8443``); without a port every
    port of that network is open. ``allow_ports``: further ports of public addresses. ``ca_file``: a PEM bundle
    trusted instead of the system's, for a private certificate authority.
    """

    allow_http: bool = False
    allow_internal: tuple[str, ...] = ()
    allow_ports: tuple[int, ...] = ()
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """One parsed entry of ``allow_internal``; ``port`` ``None`` means all."""

    network: Network
    port: int | None

    @classmethod
    def parse(cls, text: str) -> Opening:
        """Raises ``Invalid`` (field ``allow_internal``) when the entry is not ``CIDR[:port]``."""
        bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d+))?", text.strip())
        dotted = re.fullmatch(r"([0-9./]+)(?::(\d+))?", text.strip())
        network, port = text.strip(), None
        if match := bracketed or dotted:
            network, port = match[1], None if match[2] is None else int(match[2])
        if port is not None and not 0 < port < 65536:
            raise Invalid(f"{text!r}: the port must be 1 to 65535.", field="allow_internal")
        try:
            return cls(ipaddress.ip_network(network), port)
        except ValueError as wrong:
            raise Invalid(
                f"{text!r} is not a network: {wrong}.",
                field="allow_internal",
                hint="Write 10.1.0.0/16 or 10.1.2.3/32:8080.",
            ) from None


def openings(policy: FetchPolicy) -> tuple[Opening, ...]:
    return tuple(Opening.parse(text) for text in policy.allow_internal)


def refusal(address: str, port: int, policy: FetchPolicy, opened: tuple[Opening, ...]) -> str | None:
    """Why ``address`` on ``port`` may not be called under ``policy`` (``opened`` = its parsed openings)."""
    reason = vet(address)
    if reason != "not an IP address" and "%" not in address:
        judged = _inner(ipaddress.ip_address(address))
        for opening in opened:
            if judged.version == opening.network.version and judged in opening.network and opening.port in (None, port):
                return None
    if reason is None and port not in _WEB_PORTS and port not in policy.allow_ports:
        return f"port {port} is not allowed"
    return reason


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL taken apart once, so that what is judged is what is dialled. ``host`` has no brackets."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def literal(self) -> bool:
        """Whether the host is an IP address rather than a name."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True


def destination(url: str) -> Destination | str:
    """``url`` taken apart, or the reason why it cannot be used.

    Refused: other schemes, user names in the URL, zone ids, spaces, backslashes, letters outside ASCII (write an
    international name in its ``xn--`` form), and every spelling of an IPv4 address but the plain four decimals.
    """
    if any(char <= " " or char in "\\\x7f" for char in url):
        return "the URL contains a space, a backslash or a control character"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "the URL cannot be read"
    if parts.scheme not in ("http", "https"):
        return "only http and https URLs can be called"
    if "@" in parts.netloc:
        return "a URL must not carry a user name or password"
    host = (parts.hostname or "").lower()
    if not host.isascii():
        return "the host name must be ASCII (write an international name in its xn-- form)"
    if "%" in host:
        return "a host must not carry a zone id or percent escapes"
    if parts.netloc.startswith("["):
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return "the brackets do not hold an IPv6 address"
    elif len(host) > 253 or not _HOST_NAME.fullmatch(host):
        return "the URL has no usable host name"
    elif _NUMBER.fullmatch(host.rstrip(".").rsplit(".", 1)[-1]):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return "an IPv4 address must be written as four plain decimals"
    if port == 0:
        return "port 0 cannot be called"
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (f"?{_query(parts.query)}" if parts.query else "")
    return Destination(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target)


def _query(text: str) -> str:
    return quote(text, safe="/?%:@!$&'()*+,;=~")
