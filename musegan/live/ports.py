"""MIDI ports of keyboards, synthesizers and programs, kept open while cables come and go.

Ports are known by the names that their driver gives them. Whether one is still there is seen by
`poll` alone, which looks at the list of ports: a driver says nothing when a cable is pulled. A
cable that is out for less than the time between two looks is not noticed, and its port stays mute,
so look often: it takes half a millisecond, and a computer needs a fifth of a second to find a
keyboard. Of a program that is started anew in JACK no look is too late.

JACK needs care. When its server dies, the objects made under it must never be touched again: they
point to freed memory as soon as another one is made. And a port must not be let go of while its
driver's thread waits to hand a message to Python, with what rtmidi frees as soon as it is told to
hear no more. `_release` and `drivers.free` see to both.
"""

import gc
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from musegan.errors import PortError
from musegan.live.drivers import (
    CLIENT,
    Lookout,
    first_line,
    free,
    life_of,
    making,
    names_of,
    open_client,
    server_of,
)
from musegan.live.events import CLOCK, SENSING
from musegan.live.portnames import JACK, NOUNS, THROUGH, Direction, Port, choose, shown
from musegan.live.priority import DRIVER, raise_ordinary

ALL, VIRTUAL = "all", "virtual"  # names that mean every input, and a port of our own
RING_BYTES = 8192  # half of what rtmidi holds for JACK; when that is full it waits for ever
QUARTER_FRAME, SYSEX, SYSEX_END = 0xF1, 0xF0, 0xF7
SETTLE_SECONDS = 0.05  # in which a message on its way to Python, or out of it, arrives


def list_inputs() -> list[str]:
    """The MIDI ports that can be heard, over all drivers, ours left out.  Thread: any."""
    return _listed("input")


def list_outputs() -> list[str]:
    """The MIDI ports that can be sent to, over all drivers, ours left out.  Thread: any."""
    return _listed("output")


class InputPort:
    """A keyboard, or all of them, or a port that other programs send to."""

    def __init__(
        self,
        wanted: str,
        receive: Callable[[bytes, float], None],
        *,
        timing: bool = False,
        on_lost: Callable[[], None] | None = None,
    ) -> None:
        """Open the port `wanted`: part of its name, "all" or "virtual".

        `receive` gets every message and the seconds at which it came, in the driver's thread. It
        gets no system exclusive messages, and a clock's ticks only with `timing`. `on_lost` is called
        by `poll` when a keyboard is gone, for the keys that were down are let go by nobody else.

        Raises PortError where no port or more than one is meant, MissingExtra.  Thread: main
        """
        self._receive, self._timing, self._on_lost = receive, timing, on_lost
        self._patch = _Patch("input", wanted, self._listen)
        self.name = self._patch.name

    @property
    def connected(self) -> bool:
        """Whether a port is open.  Thread: any"""
        return bool(self._patch.links)

    @property
    def reconnects(self) -> int:
        """How often a port that was gone came back.  Thread: any"""
        return self._patch.reconnects

    def poll(self) -> list[str]:
        """See what has gone and what is there again; returns a line for each.  Thread: main"""
        lines, _, lost = self._patch.poll()
        if lost and self._on_lost is not None:
            self._on_lost()
        return lines

    def close(self) -> None:
        """Hear no more. Must be called before Python ends.  Thread: any"""
        self._patch.close()

    def _listen(self, client: Any) -> None:
        receive, timing, first = self._receive, self._timing, [True]

        def heard(event: tuple[list[int], float], _: object) -> None:
            now = time.perf_counter()
            if first:
                first.clear()
                raise_ordinary(DRIVER)  # of this, the driver's thread; JACK's has it
            message = bytes(event[0])
            if is_wanted(message, timing):
                receive(message, now)

        client.ignore_types(sysex=True, timing=not timing, active_sense=True)
        client.set_callback(heard)


class OutputPort:
    """A synthesizer, or a port that other programs listen to. It is an `Output`."""

    lead_seconds = 0.0

    def __init__(self, wanted: str, *, on_open: Callable[[], None] | None = None) -> None:
        """Open the port `wanted`: part of its name, or "virtual".

        `on_open` is called by `poll` when the port is there again after it was gone, for a
        synthesizer has forgotten its programs by then.

        Raises PortError where no port or more than one is meant, MissingExtra.  Thread: main
        """
        self._on_open = on_open
        self._patch = _Patch("output", wanted, lambda client: None)
        self._unread = 0  # bytes sent since JACK's server was last seen alive
        self._dead: str | None = ""  # a server that is not
        self.name = self._patch.name

    @property
    def connected(self) -> bool:
        """Whether a port is open.  Thread: any"""
        return bool(self._patch.links)

    @property
    def reconnects(self) -> int:
        """How often the port was gone and came back.  Thread: any"""
        return self._patch.reconnects

    def send(self, message: bytes, due: float | None = None) -> None:
        """Send a message at once; it is lost where the port is gone.  Thread: engine"""
        with self._patch.in_use:
            for link in self._patch.links:
                if link.port.driver == JACK and not self._is_read(link, message):
                    continue
                with suppress(Exception):  # rtmidi has many; poll will see that the port is gone
                    link.client.send_message(message)

    def poll(self) -> list[str]:
        """See whether the port has gone or is there again; a line for each.  Thread: main"""
        lines, returned, _ = self._patch.poll()
        if returned and self._on_open is not None:
            self._on_open()
        return lines

    def close(self) -> None:
        """Let the port go. Must be called before Python ends.  Thread: any"""
        self._patch.close()

    def _is_read(self, link: "_Link", message: bytes) -> bool:
        # After a server's death rtmidi would fill its ring, and wait for ever to send more.
        self._unread += len(message) + 4
        if self._unread > RING_BYTES:
            if link.server == self._dead or link.server != server_of(JACK):
                self._dead = link.server
                return False
            self._unread = 0
        return True


def is_wanted(message: bytes, timing: bool) -> bool:
    """Whether a message is handed on: no sysex, no active sensing, and a clock only if asked for."""
    if not message or message[0] < 0x80 or message[0] in (SYSEX, SYSEX_END, SENSING):
        return False
    return timing or message[0] not in (CLOCK, QUARTER_FRAME)


@dataclass(frozen=True, slots=True)
class _Link:
    """An open port."""

    port: Port
    shown: str
    client: Any  # rtmidi's
    server: str | None  # under which it was made
    life: frozenset[str]  # of the program at the other end


class _Patch:
    """The ports that a wish means, kept open."""

    def __init__(self, direction: Direction, wanted: str, prepare: Callable[[Any], None]) -> None:
        self._direction, self._wanted, self._prepare = direction, wanted, prepare
        self._closed = False
        self._missing: list[str] = []  # plain names of the ports that are gone
        self.reconnects = 0
        self.links: tuple[_Link, ...] = ()  # replaced as a whole, so that any thread may read it
        self.in_use = threading.Lock()  # held by who uses a client out of `links`, never for long
        with making:
            self._lookout = Lookout(direction)
            try:
                self._open_first()
            except BaseException:
                self.close()
                raise

    def _open_first(self) -> None:
        ports = self._lookout.look()
        self._chosen: Port | None = None
        self._twins: frozenset[str] = frozenset()  # ports beside ours that have its plain name
        if self._wanted not in (ALL, VIRTUAL) or (self._wanted, self._direction) == (ALL, "output"):
            index = choose(self._wanted, shown(ports), self._direction)
            self._choose(ports[index], ports)
        meant = self._meant(ports)
        if not meant and self._wanted == VIRTUAL:
            raise PortError(
                "no MIDI driver lets us make a port of our own; start JACK, or load ALSA's "
                "sequencer with: modprobe snd-seq"
            )
        if not meant:
            choose(self._wanted, [], self._direction)
        opened = [self._open(port, name) for port, name in meant]
        links = [link for link in opened if isinstance(link, _Link)]
        if not links:
            raise PortError(
                f"cannot open the MIDI {self._direction} {meant[0][1]!r}: {opened[0]}; "
                "is another program using it?"
            )
        self.links = tuple(links)
        self.name = ", ".join(dict.fromkeys(link.shown for link in links))

    def poll(self) -> tuple[list[str], int, int]:
        """Close what is gone, open what is there again; a line for each, how many came and went."""
        with making:
            if self._closed:
                return [], 0, 0
            ports = self._lookout.look()
            meant = self._meant(ports)
            present = {port for port, _ in meant}
            servers = self._lookout.servers
            gone = [
                link
                for link in self.links
                if link.port not in present
                or link.server != servers[link.port.driver]
                or (link.life and link.life.isdisjoint(life_of(link.port)))
            ]
            self._unlink(gone)
            self._missing += [link.port.plain for link in gone]
            lines = [f"{self._call(link.shown)} is gone; the band goes on" for link in gone]
            returned = 0
            for port, name in meant:
                if any(port == link.port for link in self.links):
                    continue
                opened = self._open(port, name)
                if isinstance(opened, str):
                    continue  # the next poll tries again
                back = port.plain in self._missing
                if back:
                    self._missing.remove(port.plain)
                    returned += 1
                if self._chosen is not None:
                    self._choose(port, ports)
                self.links = (*self.links, opened)
                lines.append(f"{self._call(name)} is {'back' if back else 'here'}")
            self.reconnects += returned
            return lines, returned, len(gone)

    def close(self) -> None:
        with making:
            self._closed = True
            self._unlink(self.links)
            self._lookout.close()

    def _unlink(self, links: Sequence[_Link]) -> None:
        self.links = tuple(link for link in self.links if link not in links)
        with self.in_use:
            pass  # who used them has done so, and finds them no more
        for link in links:
            _release(link)

    def _meant(self, ports: Sequence[Port]) -> list[tuple[Port, str]]:
        """Which of the ports are to be open now, and what to call them."""
        if self._wanted == VIRTUAL:
            return [(Port(driver, CLIENT), CLIENT) for driver in self._lookout.answering()]
        named = zip(ports, shown(ports), strict=True)
        if self._chosen is None:
            return [(port, name) for port, name in named if not THROUGH.search(port.name)]
        mine = [
            (port, name)
            for port, name in named
            if (port.driver, port.plain) == (self._chosen.driver, self._chosen.plain)
            and port.name not in self._twins
        ]
        return sorted(mine, key=lambda pair: pair[0] != self._chosen)[:1]

    def _choose(self, port: Port, ports: Sequence[Port]) -> None:
        self._chosen = port
        self._twins = frozenset(
            other.name for other in ports if other.plain == port.plain and other != port
        )

    def _call(self, name: str) -> str:
        if self._wanted == VIRTUAL:
            return f"the virtual MIDI {self._direction}"
        return f"{NOUNS[self._direction]} {name!r}"

    def _open(self, port: Port, name: str) -> "_Link | str":
        """The open port, or why it does not open."""
        server = self._lookout.servers[port.driver]
        suffix = {"input": "-in", "output": "-out"}[self._direction]
        try:
            client = open_client(self._direction, port.driver, CLIENT + suffix)
        except Exception as error:  # rtmidi has many
            return first_line(error)
        try:
            self._prepare(client)
            if self._wanted == VIRTUAL:
                client.open_virtual_port(CLIENT)
            else:
                client.open_port(names_of(client).index(port.name), CLIENT)
        except Exception as error:  # it went while we looked, or another program has it
            free(client, port.driver, server)
            return first_line(error)
        return _Link(port, name, client, server, life_of(port))


def _listed(direction: Direction) -> list[str]:
    with making:
        lookout = Lookout(direction)
        try:
            return shown(lookout.look())
        finally:
            lookout.close()


def _release(link: _Link) -> None:
    """Close a port that no other thread uses any more."""
    if link.server == server_of(link.port.driver):
        # A message may wait for Python with rtmidi's pair of callback and data, which `cancel_callback`
        # drops, and JACK's thread may read the ring that `delete` frees before it ends the thread.
        kept = gc.get_referents(link.client)
        with suppress(Exception):  # rtmidi has many
            end = getattr(link.client, "cancel_callback", link.client.close_port)
            end()
        time.sleep(SETTLE_SECONDS)
        del kept
    free(link.client, link.port.driver, link.server)
