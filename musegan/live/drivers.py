"""MIDI drivers: rtmidi's clients made and let go of, and whether their servers still live.

JACK needs care. When its server dies, the objects made under it must never be touched again: they
point to freed memory as soon as another one is made.
"""

import ctypes
import importlib
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from musegan.errors import MissingExtra
from musegan.live.portnames import JACK, OURS, Direction, Port, without_bridges

CLIENT = "musegan"
MOST_ATTEMPTS = 20  # at a server that is there and lets nobody in

making = threading.RLock()  # held while clients are made and let go of


def server_of(driver: int) -> str | None:
    """Something that changes when the driver's server is started anew; None: there is none.

    Only JACK has a server, and only Linux says which sockets are listened at.
    """
    if driver != JACK:
        return ""
    name = re.escape(os.environ.get("JACK_DEFAULT_SERVER") or "default")
    found = _sockets(rf"jack[^/\s]*[_/]{name}[_/]\S*", flags="00010000")
    return found[0] if found else None


def life_of(port: Port) -> frozenset[str]:
    """Things of which one stays while the port's program runs; empty where nothing is known."""
    if port.driver != JACK:
        return frozenset()
    client = re.escape(port.name.partition(":")[0].replace("/", "_"))
    return frozenset(_sockets(rf"jack_{client}_\d+_\d+", flags="[0-9A-F]+"))


def _sockets(name: str, flags: str) -> list[str]:
    """The inodes of Linux's sockets with such a name; a socket that listens has a flag."""
    try:
        with open("/proc/net/unix", encoding="utf-8", errors="replace") as table:
            text = table.read()
    except OSError:
        return []
    # Num RefCount Protocol Flags Type St Inode Path
    pattern = rf"^\S+: \S+ \S+ {flags} \S+ \S+ +(\d+) (?:\S*/)?{name}$"
    return re.findall(pattern, text, re.MULTILINE)


class Lookout:
    """Looks at the lists of ports. Its clients are kept, for JACK takes 30 ms to make one."""

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self._library = rtmidi_library()
        self._clients: dict[int, Any] = {}
        self._attempts: dict[int, int] = {}  # how often a client was refused
        self.servers: dict[int, str | None] = {}  # at the last look

    def look(self) -> list[Port]:
        """The ports there are, those of musegan left out."""
        ports = []
        for driver in self._library.get_compiled_api():
            self._renew(driver)
            client = self._clients.get(driver)
            names = [] if client is None else names_of(client)
            ports += [Port(driver, name) for name in names if not OURS.match(name)]
        return without_bridges(ports)

    def answering(self) -> list[int]:
        """The drivers that answered at the last look."""
        return list(self._clients)

    def close(self) -> None:
        """Let the clients go."""
        for driver in list(self._clients):
            free(self._clients.pop(driver), driver, self.servers[driver])

    def _renew(self, driver: int) -> None:
        server = server_of(driver)
        if driver in self.servers and server == self.servers[driver]:
            # A server that is only starting lets nobody in yet; one that is absent stays so.
            refused = self._attempts.get(driver, 0)
            if driver in self._clients or not server or refused >= MOST_ATTEMPTS:
                return
        else:
            self._attempts[driver] = 0
        if driver in self._clients:
            free(self._clients.pop(driver), driver, self.servers[driver])
        seen_before, self.servers[driver] = driver in self.servers, server
        if seen_before and server is None:
            return
        try:
            self._clients[driver] = open_client(self._direction, driver, CLIENT)
        except Exception:  # rtmidi has many; where a driver has no server there are no ports
            self._attempts[driver] += 1


def open_client(direction: Direction, driver: int, name: str) -> Any:
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    library = rtmidi_library()
    kind = library.MidiIn if direction == "input" else library.MidiOut
    with quiet():
        return kind(driver, name=name)


def names_of(client: Any) -> list[str]:
    try:
        return [name for name in client.get_ports() if name]
    except Exception:  # a port went between the count and the name
        return []


def free(client: Any, driver: int, server: str | None) -> None:
    """Free a client at once; one that died with its server is freed already, and kept for ever."""
    if server != server_of(driver):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(client))
        return
    with suppress(Exception), quiet():
        client.delete()  # Python would wait for its garbage collector, for clients mention themselves


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what the drivers' libraries write about absent servers off the terminal."""
    if sys.platform == "win32":
        yield
        return
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def rtmidi_library() -> Any:
    try:
        return importlib.import_module("rtmidi")
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "MIDI ports need python-rtmidi; install it with: pip install 'musegan[live]'"
        ) from error
    except ImportError as error:  # on Linux it needs ALSA's library
        raise MissingExtra(
            f"python-rtmidi does not load: {first_line(error)}; "
            "on Debian install the library with: apt-get install libasound2"
        ) from error


def first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
