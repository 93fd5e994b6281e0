"""The UDP port that SIP messages come and go by.

The library's own protocol asserts a kind of transport that asyncio's is not before Python 3.12 (python/cpython 98844):
each start would be logged as an error although everything works. Nor does it say which port it was given.
"""

import asyncio
from typing import Any

from aiosipua import UdpSipTransport


class Wire(UdpSipTransport):
    """The library's transport on a protocol of our own; after `start`, `local_addr` is what was really opened."""

    async def start(self) -> None:
        opened, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=self.local_addr
        )
        self._udp_transport = opened
        self.local_addr = opened.get_extra_info("sockname")[:2]


class _Datagrams(asyncio.DatagramProtocol):
    """Hands on what arrives; a port nobody listens at (ICMP) is heard of by the time-out of who asked."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._wire._dispatch(data, (str(addr[0]), int(addr[1])))
