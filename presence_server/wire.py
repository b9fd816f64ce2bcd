"""The peer's end of a WebSocket: a frame made once for everybody, and a reader who is too slow cut off.

Knows websockets and the protocol's limits, nothing of rooms.
"""

from __future__ import annotations

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import State


def text_frame(text: str) -> bytes:
    """The bytes of an unmasked text frame (RFC 6455 section 5.2), the same for every peer.

    Right only without extensions and fragments: the server negotiates no compression and fragments nothing.
    """
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False, extensions=[])


class Peer(ServerConnection):
    """A connection that never holds more than `max_unsent` bytes for its reader, whatever fills it."""

    max_unsent = 64 * 1024

    def push(self, frame: bytes) -> None:
        """Send the bytes of a whole frame without waiting. A closing peer is skipped, a slow one cut off."""
        if self.protocol.state is State.OPEN:
            self.transport.write(frame)
            self._cut_off_if_slow()

    def data_received(self, data: bytes) -> None:
        """As websockets does; a peer that pings and never reads would fill the buffer with our pongs."""
        super().data_received(data)
        self._cut_off_if_slow()

    def abort(self) -> None:
        """End the connection now, without goodbye and without the bytes that wait."""
        self.transport.abort()

    def _cut_off_if_slow(self) -> None:
        if self.transport.get_write_buffer_size() > self.max_unsent:
            self.transport.abort()
