"""Ports: chosen once, remembered in DATA_DIR, chosen again only when somebody else took them."""

import random
import socket
from pathlib import Path

# Below the ephemeral range (net.ipv4.ip_local_port_range), so that no outgoing connection
# takes a remembered port while the server is down.
FIRST, LAST = 15_000, 30_000


def is_free(port: int, *, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def remembered(path: Path) -> int:
    """The port in the file, or a free one that is written there."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return choose(path)


def choose(path: Path) -> int:
    """A free port, written to the file."""
    while not is_free(port := random.randint(FIRST, LAST)):
        continue
    path.write_text(str(port))
    return port
