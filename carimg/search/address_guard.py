"""The address guard: which internet addresses are public, the only ones that links found on the web may lead to.

By hand, because the check and the connection must be about one look-up: `ipaddress.is_global` changes with Python's
version, and HTTP clients resolve a name again.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from carimg.errors import FetchError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        ),
    )
)  # fmt: skip
"""The IANA IPv4 special-purpose registry, multicast and reserved blocks."""

_PUBLIC_V6 = IPv6Network("2000::/3")
"""All of IPv6 that is given out as global unicast (IANA); mapped, translated, local and multicast lie outside."""

_NOT_PUBLIC_V6 = tuple(
    map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
)  # fmt: skip
"""Parts of it that are not: protocol assignments with Teredo, documentation, 6to4."""


def is_public(address: Address) -> bool:
    """Whether an address is reachable from the whole internet. What carries an IPv4 address inside is not."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address.scope_id is None and address in _PUBLIC_V6 and not any(address in n for n in _NOT_PUBLIC_V6)


async def look_up(host: str, port: int) -> list[Address]:
    """Every address of a name (or of an address written as one). Raises FetchError when there is none."""
    try:
        answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found = [ip_address(answer[4][0]) for answer in answers]
    except (OSError, ValueError) as exc:  # ValueError: a name that cannot be encoded, or no address in an answer
        raise FetchError(f"The address of {host} cannot be found.") from exc
    if not found:
        raise FetchError(f"The address of {host} cannot be found.")
    return found


def checked_address(host: str, found: Sequence[Address], allow: Sequence[Network] = ()) -> Address:
    """The address to connect to, IPv4 before IPv6. All of a name's have to be public or inside `allow`.

    The caller has to connect to exactly this one: a second look-up may answer otherwise. Raises FetchError.
    """
    for address in found:
        if not is_public(address) and not any(address in network for network in allow):
            raise FetchError(f"{host} leads to {address}, which is not a public address.")
    return min(found, key=lambda address: address.version)
