"""Single notes of a SoundFont, struck one after the other."""

from collections.abc import Sequence
from pathlib import Path

from musegan.audio.synthesizer import SYNTH_RATE, play
from musegan.audio.waveform import Samples
from musegan.music import smf

TICKS_A_SECOND = 960  # at 120 quarters a minute


def strike(
    soundfont: Path,
    program: int,
    channel: int,
    strikes: Sequence[tuple[int, int]],
    *,
    apart: float,
    held: float,
    heard: float,
    dry: bool = False,
) -> list[Samples]:
    """What each (key, velocity) sounds like on a channel with this program, (2, sample) at 48 kHz.

    They are as loud as the synthesizer's 16 bits have them.

    Args:
        apart: seconds from one to the next.
        held: seconds until the key is let go.
        heard: seconds that are kept of each.
        dry: without the synthesizer's room.
    """
    events = [(0, bytes([0xB0 | channel, effect, 0])) for effect in (91, 93) if dry]
    events.append((0, bytes([0xC0 | channel, program])))
    for number, (key, velocity) in enumerate(strikes):
        begin = round(number * apart * TICKS_A_SECOND)
        events.append((begin, bytes([0x90 | channel, key, velocity])))
        events.append((begin + round(held * TICKS_A_SECOND), bytes([0x80 | channel, key, 0])))
    end = round((len(strikes) * apart + 1) * TICKS_A_SECOND)
    track = smf.encode([*events, (end, b"\xff\x2f\x00")])
    midi = smf.Smf(0, TICKS_A_SECOND // 2, (smf.Chunk(b"MTrk", track),)).dumps()
    (sound,) = play([midi], soundfont, 1)
    starts = [round(number * apart * SYNTH_RATE) for number in range(len(strikes))]
    return [sound[:, first : first + round(heard * SYNTH_RATE)] for first in starts]
