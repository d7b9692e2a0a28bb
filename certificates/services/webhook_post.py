"""A POST to an address that somebody else chose, which must not become a way into our network.

The name is resolved once, every address that it has must be a public one, and the connection goes
to an address that was checked: a name that answers differently a moment later leads nowhere else.
No redirect is followed, no proxy of the environment is used, nothing of the answer is kept but its
status, and the whole of it ends after a few seconds.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

WHOLE_SECONDS: Final = 6.0
STEP_SECONDS: Final = 4.0
LONGEST_URL: Final = 500
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotDelivered(Exception):
    """`reason`: a word for the record (never what the other side wrote)."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def url_problem(url: str) -> str:
    """Why the address cannot be used, as a word; "" when it can, as far as its text tells."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
        host.encode("idna")
    except (ValueError, UnicodeError):
        return "not_an_address"
    may_be_private = settings.WEBHOOKS_TO_PRIVATE_ADDRESSES
    if not host or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable():
        return "not_an_address"
    if parts.scheme != "https" and not (may_be_private and parts.scheme == "http"):
        return "not_https"
    if parts.username is not None or parts.password is not None or parts.fragment or " " in url:
        return "not_an_address"
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return ""
    return "" if may_be_private or is_public(literal) else "private_address"


def is_public(address: Address) -> bool:
    """Whether it lies in the open internet; an IPv4 address inside an IPv6 one counts as itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None:
            return False
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast and not address.is_reserved


def post(*, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Send it; any 2xx means accepted. Raises NotDelivered for everything else."""
    if problem := url_problem(url):
        raise NotDelivered(problem)
    parts = urlsplit(url)
    addresses = _addresses(parts)
    try:
        with _line(addresses, _port(parts)) as line, closing(_speak(parts, line)) as connection:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, dict(headers))
            status = connection.getresponse().status
    except ssl.SSLError:
        raise NotDelivered("tls_failed") from None
    except TimeoutError:
        raise NotDelivered("timeout") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotDelivered(type(error).__name__[:40]) from None
    if not 200 <= status < 300:
        raise NotDelivered(f"http_{status}")


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _addresses(parts: SplitResult) -> list[str]:
    """What the host's name stands for at this moment, each address checked."""
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotDelivered("name_unknown") from None
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_rest, sockaddr in found))
    if not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES:
        for address in addresses:
            if not is_public(ipaddress.ip_address(address.partition("%")[0])):
                raise NotDelivered("private_address")
    return addresses


def _speak(parts: SplitResult, line: socket.socket) -> http.client.HTTPConnection:
    """HTTP over the line; TLS and the Host header speak of the name."""
    host = parts.hostname or ""
    connection = http.client.HTTPConnection(host, _port(parts), timeout=STEP_SECONDS)
    if parts.scheme == "https":  # so that the Host header does not name the port of https
        connection.default_port = http.client.HTTPS_PORT
        line = tls_context().wrap_socket(line, server_hostname=host)
    connection.sock = line
    return connection


def _connect(addresses: list[str], port: int) -> socket.socket:
    problem: OSError = OSError("no address")
    for address in addresses[:3]:
        try:
            return socket.create_connection((address, port), timeout=STEP_SECONDS / 2)
        except OSError as error:
            problem = error
    raise problem


def tls_context() -> ssl.SSLContext:
    """The machine's authorities; the name is checked."""
    return ssl.create_default_context()


@contextmanager
def _line(addresses: list[str], port: int) -> Iterator[socket.socket]:
    """A connection that is cut when the whole takes too long: each byte may come in time, in
    TLS's greeting as in the answer. TLS takes the socket over, so another handle does the cutting.
    """
    cut = threading.Event()
    with _connect(addresses, port) as line, line.dup() as handle:

        def end() -> None:
            cut.set()
            with suppress(OSError):  # closed already
                handle.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(WHOLE_SECONDS, end)
        timer.daemon = True
        timer.start()
        try:
            yield line
        except (OSError, ValueError, http.client.HTTPException):
            if cut.is_set():
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()
