"""What musegan promises of MIDI ports, checked over ALSA inside the machine that run.sh emulates.

Two cards of the kernel's module snd-virmidi are a keyboard and a synthesizer: what is written to
such a card's raw device comes out of its port as if it came by a cable, and what is sent to the
port can be read from the raw device. aplaymidi and aseqdump are programs of a third party.
"""

import faulthandler
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import mido

from musegan.errors import PortError
from musegan.live.ports import InputPort, OutputPort, list_inputs, list_outputs

KEYBOARD, SYNTHESIZER = 0, 1  # the cards' numbers
PATIENCE = 10.0  # seconds that anything but a cable may take here, where all is slow
CABLE_SECONDS = 1.0  # in which docs/live.md promises to miss a keyboard
LOOK_SECONDS = 0.1
CHECK_SECONDS, ALL_SECONDS = 40, 140

SCALE = [
    message
    for pitch in range(48, 73)
    for message in (bytes([0x90, pitch, 100]), bytes([0x80, pitch, 64]))
]
PERFORMANCE = [
    bytes([0xB0, 64, 127]),
    bytes([0x90, 60, 1]),
    bytes([0x90, 64, 127]),
    bytes([0xE0, 0, 80]),
    bytes([0x90, 60, 0]),
    bytes([0xD0, 33]),
    bytes([0x80, 64, 64]),
    bytes([0xB0, 64, 0]),
    bytes([0x9F, 127, 90]),
    bytes([0x8F, 127, 0]),
    bytes([0xC0, 5]),
]


class Ear:
    """Keeps what a port hears."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def __call__(self, message: bytes, _: float) -> None:
        self.heard.append(message)

    def expect(self, messages: list[bytes]) -> None:
        """See that these messages come, in this order, and nothing else."""
        until(lambda: len(self.heard) >= len(messages))
        time.sleep(0.2)
        heard, self.heard = self.heard, []
        same(heard, messages)


def main() -> int:
    faulthandler.dump_traceback_later(ALL_SECONDS, exit=True, file=sys.stdout)
    signal.signal(signal.SIGALRM, too_slow)
    failed = ""
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        began = time.monotonic()
        signal.alarm(CHECK_SECONDS)
        try:
            told = check()
        except Exception as error:
            print(f"FAILS  {name}: {type(error).__name__}: {error}")
            failed = failed or name
        else:
            print(f"holds  {name}{told} ({time.monotonic() - began:.1f} s)")
        signal.alarm(0)
    print(f"the first that fails: {failed}" if failed else f"all {len(CHECKS)} checks hold")
    return 1 if failed else 0


def ports_are_listed_without_ours() -> str:
    with opened(InputPort("virtual", Ear())), opened(OutputPort("virtual")):
        inputs, outputs = list_inputs(), list_outputs()
    for names in (inputs, outputs):
        for card in (KEYBOARD, SYNTHESIZER):
            same([name for name in names if full_name(card) in name], [full_name(card)])
        same([name for name in names if "musegan" in name or "System" in name], [])
    return f": {', '.join(inputs)}"


def all_inputs_are_the_keyboards_and_not_midi_through() -> str:
    ear, witness = Ear(), Ear()
    with (
        opened(OutputPort("virtual")) as ours,
        opened(InputPort("midi through", witness)),
        opened(InputPort("all", ear)) as port,
    ):
        same(port.name, f"{full_name(KEYBOARD)}, {full_name(SYNTHESIZER)}")
        ours.send(bytes([0x90, 50, 1]))
        aplaymidi("Midi Through:0")
        witness.expect(SCALE)
        ear.expect([])
        for card in (KEYBOARD, SYNTHESIZER):
            write_raw(card, b"".join(PERFORMANCE))
            ear.expect(PERFORMANCE)
    return ""


def aplaymidi_plays_into_our_virtual_input() -> str:
    ear = Ear()
    with opened(InputPort("virtual", ear)):
        aplaymidi("musegan-in:0")
        ear.expect(SCALE)
    return f": {len(SCALE)} messages"


def aseqdump_hears_our_virtual_output() -> str:
    with opened(OutputPort("virtual")) as port:
        command = ["aseqdump", "-p", "musegan-out:0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as dump:
            try:
                time.sleep(1.0)  # until it listens
                for message in SCALE:
                    port.send(message)
                lines = [dump.stdout.readline() for _ in range(2 + len(SCALE))]  # two of heading
            finally:
                dump.terminate()
    same([int(line.split("note ")[1].split(",")[0]) for line in lines[2:]], [m[1] for m in SCALE])
    return f": {len(SCALE)} messages"


def a_keyboard_is_heard_like_one_on_a_cable() -> str:
    ear = Ear()
    with opened(InputPort(part_of_name(KEYBOARD), ear)) as port:
        same(port.name, full_name(KEYBOARD))
        write_raw(SYNTHESIZER, b"".join(SCALE))  # another's
        write_raw(KEYBOARD, b"".join(PERFORMANCE))
        ear.expect(PERFORMANCE)
        # Keyboards leave out a status byte that is repeated, and cables cut messages in two.
        write_raw(KEYBOARD, bytes([0x90, 60]), bytes([1, 62, 2, 60]), bytes([0, 62, 0]))
        ear.expect([bytes([0x90, *pair]) for pair in ((60, 1), (62, 2), (60, 0), (62, 0))])
        # Sensing, a clock's ticks and system exclusive messages are not handed on.
        write_raw(KEYBOARD, b"\xfe\xf8\x90\x40\x40\xf0\x7e\x7f\x06\x01\xf7\xf8\x80\x40\x40")
        ear.expect([b"\x90\x40\x40", b"\x80\x40\x40"])
    return ""


def a_clock_is_heard_if_asked_for() -> str:
    ear = Ear()
    clock = [b"\xf2\x00\x01", b"\xfb", *[b"\xf8"] * 24, b"\xfc"]
    with opened(InputPort(part_of_name(KEYBOARD), ear, timing=True)):
        write_raw(KEYBOARD, b"".join(clock))
        ear.expect(clock)
    return ""


def what_is_sent_arrives_at_a_synthesizer() -> str:
    with opened(OutputPort(part_of_name(SYNTHESIZER))) as port:
        same(port.name, full_name(SYNTHESIZER))
        same(sent(port, SYNTHESIZER, PERFORMANCE), PERFORMANCE)
    return ""


def a_keyboard_is_unplugged_and_plugged_in_again() -> str:
    ear = Ear()
    with opened(InputPort(part_of_name(KEYBOARD), ear)) as port:
        told = pull_and_plug(KEYBOARD, port)
        write_raw(KEYBOARD, b"".join(PERFORMANCE))
        ear.expect(PERFORMANCE)
    return told


def one_of_all_keyboards_is_unplugged_and_plugged_in_again() -> str:
    ear = Ear()
    with opened(InputPort("all", ear)) as port:
        with unplugged(SYNTHESIZER):
            until_told(port, "gone")
            write_raw(KEYBOARD, b"".join(PERFORMANCE))  # the other plays on
            ear.expect(PERFORMANCE)
        until_told(port, "back")
        same(port.reconnects, 1)
        for card in (KEYBOARD, SYNTHESIZER):
            write_raw(card, b"".join(PERFORMANCE))
            ear.expect(PERFORMANCE)
    return ""


def a_synthesizer_is_unplugged_and_plugged_in_again() -> str:
    opens: list[None] = []
    with opened(OutputPort(part_of_name(SYNTHESIZER), on_open=lambda: opens.append(None))) as port:
        told = pull_and_plug(SYNTHESIZER, port)
        same(len(opens), 1)
        same(sent(port, SYNTHESIZER, PERFORMANCE), PERFORMANCE)
    return told


def a_keyboard_that_comes_later_is_opened() -> str:
    ear = Ear()
    with unplugged(KEYBOARD):
        with unplugged(SYNTHESIZER):
            with suppress(PortError):
                InputPort("all", ear).close()
                raise AssertionError("an input is opened where there is none")
            with opened(InputPort("virtual", ear)) as port:
                same(port.poll(), [])
        with opened(InputPort("all", ear)) as port:
            same(port.name, full_name(SYNTHESIZER))
            plug(KEYBOARD, "bind")
            told = until_told(port, "here")
            same(port.reconnects, 0)
            write_raw(KEYBOARD, b"".join(PERFORMANCE))
            ear.expect(PERFORMANCE)
    return f": {told:.2f} s"


CHECKS: list[Callable[[], str]] = [
    ports_are_listed_without_ours,
    all_inputs_are_the_keyboards_and_not_midi_through,
    aplaymidi_plays_into_our_virtual_input,
    aseqdump_hears_our_virtual_output,
    a_keyboard_is_heard_like_one_on_a_cable,
    a_clock_is_heard_if_asked_for,
    what_is_sent_arrives_at_a_synthesizer,
    a_keyboard_is_unplugged_and_plugged_in_again,
    one_of_all_keyboards_is_unplugged_and_plugged_in_again,
    a_synthesizer_is_unplugged_and_plugged_in_again,
    a_keyboard_that_comes_later_is_opened,
]


def part_of_name(card: int) -> str:
    return f"virmidi {card}-0"


def full_name(card: int) -> str:
    return f"Virtual Raw MIDI {card}-0:VirMIDI {card}-0"


@contextmanager
def opened(port: InputPort | OutputPort) -> Iterator[InputPort | OutputPort]:
    try:
        yield port
    finally:
        port.close()


def aplaymidi(address: str) -> None:
    """Have aplaymidi play the scale to a port."""
    track = mido.MidiTrack(mido.Message.from_bytes(message, time=10) for message in SCALE)
    with tempfile.NamedTemporaryFile(suffix=".mid") as file:
        mido.MidiFile(tracks=[track]).save(file.name)
        command = ["aplaymidi", "-d", "0", "-p", address, file.name]
        subprocess.run(command, check=True, timeout=CHECK_SECONDS)


def raw_device(card: int) -> str:
    return f"/dev/snd/midiC{card}D0"


def write_raw(card: int, *pieces: bytes) -> None:
    """Write to the card's raw device, as a keyboard would."""
    with open(raw_device(card), "wb", buffering=0) as device:
        for piece in pieces:
            device.write(piece)
            time.sleep(0.01)


def sent(port: OutputPort, card: int, messages: list[bytes]) -> list[bytes]:
    """What arrives at the card's raw device of what is sent to the port."""
    device = os.open(raw_device(card), os.O_RDONLY | os.O_NONBLOCK)
    came = bytearray()

    def all_came() -> bool:
        with suppress(BlockingIOError):
            came.extend(os.read(device, 4096))
        return len(messages_of(came)) >= len(messages)

    try:
        all_came()  # ALSA collects from the first look on
        for message in messages:
            port.send(message)
        until(all_came)
    finally:
        os.close(device)
    return messages_of(came)


def messages_of(stream: bytearray) -> list[bytes]:
    """A stream's channel messages; ALSA leaves out a status byte that is repeated."""
    messages, status, data = [], 0, []
    for byte in stream:
        if byte & 0x80:
            status, data = byte, []
            continue
        data.append(byte)
        if len(data) == (1 if status >> 4 in (0xC, 0xD) else 2):
            messages.append(bytes([status, *data]))
            data = []
    return messages


def plug(card: int, what: str) -> None:
    """Plug the card in ("bind") or unplug it ("unbind"), all of a sudden."""
    Path(f"/sys/bus/platform/drivers/snd_virmidi/{what}").write_text(f"snd_virmidi.{card}")


def is_plugged(card: int) -> bool:
    return Path(f"/sys/bus/platform/drivers/snd_virmidi/snd_virmidi.{card}").exists()


@contextmanager
def unplugged(card: int) -> Iterator[None]:
    plug(card, "unbind")
    try:
        yield
    finally:
        if not is_plugged(card):
            plug(card, "bind")
            until(lambda: os.path.exists(raw_device(card)))


def pull_and_plug(card: int, port: InputPort | OutputPort) -> str:
    """Pull the card's cable and plug it in again; how long it took to be seen."""
    with unplugged(card):
        gone = until_told(port, "gone")
        same((port.connected, port.reconnects), (False, 0))
        if isinstance(port, OutputPort):
            port.send(PERFORMANCE[0])  # is lost, and does no harm
        same(port.poll(), [])
    back = until_told(port, "back")
    same((port.connected, port.reconnects), (True, 1))
    assert gone < CABLE_SECONDS, f"gone is seen after {gone:.2f} s"
    return f": gone is seen after {gone:.2f} s, back after {back:.2f} s"


def until_told(port: InputPort | OutputPort, what: str) -> float:
    """Look at the port as a session does, until it says one line, with this in it."""
    began = time.monotonic()
    lines: list[str] = []

    def told() -> bool:
        lines.extend(port.poll())
        return bool(lines)

    until(told, LOOK_SECONDS)
    took = time.monotonic() - began
    assert len(lines) == 1 and what in lines[0], f"it says {lines}, not that it is {what}"
    return took


def until(condition: Callable[[], bool], pause: float = 0.01) -> None:
    """Wait for something, in vain if it takes too long; what follows will notice."""
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(pause)


def same(what: object, expected: object) -> None:
    assert what == expected, f"{what!r}, not {expected!r}"


def too_slow(*_: object) -> None:
    raise TimeoutError(f"no end after {CHECK_SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
