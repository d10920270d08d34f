"""A drum kit of one-shots: WAV files and the SFZ file that says which key strikes which.

Samplers load SFZ; of what it can say, this reads what a kit of one-shots needs: `sample`, `key`,
`lokey` and `hikey`, `volume`, `group` and `off_by`, under `<control>`'s `default_path`, `<global>`
and `<group>`. Where several regions share a key, as layers of velocity do, the first is struck.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.signal import resample_poly

from musegan.audio.performance import Performance, Sounding
from musegan.audio.synthesizer import SYNTH_RATE
from musegan.audio.waveform import Samples, read_sound
from musegan.errors import FormatError, UsageError

DRUMS = 9  # the channel
MIXED = -10.0  # dB: how much softer than its file a hit is in a mix; a kick is then as loud as GM's
ORDINARY = 100  # the velocity at which a hit is as loud as its file says
CHOKE_SECONDS = 0.02  # in which a hit that is cut off dies away
VOLUME, EXPRESSION = 7, 11
DEFAULT_VOLUME = 100
LOUDEST, SOFTEST = 24.0, -144.0  # dB that a region's volume may be
NOTES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}


@dataclass(frozen=True, eq=False)
class OneShot:
    """What a key strikes."""

    sound: Samples  # (channel, sample) at 48 kHz, one channel or two
    gain: float  # its volume, as a factor
    group: int = 0  # 0: none
    off_by: int = 0  # struck ones of this group cut it off


Kit = Mapping[int, OneShot]  # by key


class Strike(NamedTuple):
    """A key that is struck."""

    seconds: float
    key: int
    gain: float  # of its velocity, and of its channel's volume


def read_kit(path: Path) -> Kit:
    """The kit of an SFZ file, or of a folder that holds one.

    Raises:
        UsageError: there is no such file or folder, or several SFZ files in it.
        FormatError: it is no SFZ file, or a sample is missing or damaged.
    """
    file = _sfz_in(path)
    try:
        text = file.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise FormatError(f"{file}: cannot be read as an SFZ file ({error})") from error
    kit: dict[int, OneShot] = {}
    sounds: dict[str, Samples] = {}
    for region in _regions(text):
        if "sample" not in region:
            continue
        place = region.get("default_path", "") + region["sample"]
        if place not in sounds:
            sounds[place] = _at_synth_rate(file.parent / place.replace("\\", "/"), file)
        try:
            gain = 10 ** (_number(region, "volume", SOFTEST, LOUDEST) / 20)
            group, off_by = (int(_number(region, name, 0, 2**31)) for name in ("group", "off_by"))
            low = _key(region.get("lokey", region.get("key", "0")))
            high = _key(region.get("hikey", region.get("key", "127")))
        except ValueError as error:
            raise FormatError(f"{file}: region of {region['sample']}: {error}") from error
        if min(low, high) < 0:  # no key strikes it
            continue
        for key in range(low, high + 1):
            kit.setdefault(key, OneShot(sounds[place], gain, group, off_by))
    if not kit:
        raise FormatError(f"{file}: has no region with a sample; a kit has one for each drum")
    return kit


def strikes_of(performance: Performance) -> list[Strike]:
    """What is struck on the drums' channel, in order of time."""
    volume, expression, strikes = DEFAULT_VOLUME, 127, list[Strike]()
    for seconds, message, _ in performance.events:
        if message[0] == 0xB0 | DRUMS and message[1] == VOLUME:
            volume = message[2]
        elif message[0] == 0xB0 | DRUMS and message[1] == EXPRESSION:
            expression = message[2]
        elif message[0] == 0x90 | DRUMS and message[2]:
            level = (message[2] / ORDINARY) * (volume / DEFAULT_VOLUME) * (expression / 127)
            strikes.append(Strike(seconds, message[1], level**2))
    return strikes


def without_drums(performance: Performance, kit: Kit) -> Performance:
    """The same performance, in which nobody strikes what a kit has."""
    kept: Sequence[Sounding] = [
        event
        for event in performance.events
        if event.note < 0 or event.message[0] & 0x0F != DRUMS or event.message[1] not in kit
    ]
    return replace(performance, events=kept)


def lay_down(whole: Samples, strikes: Sequence[Strike], kit: Kit) -> None:
    """Add what is struck to a sound (2, sample) at 48 kHz, in place; keys that the kit lacks are left out.

    A hit is cut off when another of the group in its `off_by` is struck, as a pedal does to a hat.
    """
    places = [round(strike.seconds * SYNTH_RATE) for strike in strikes]
    groups = [kit[strike.key].group if strike.key in kit else 0 for strike in strikes]
    for index, strike in enumerate(strikes):
        shot = kit.get(strike.key)
        if shot is None:
            continue
        begin = places[index]
        length = min(shot.sound.shape[1], whole.shape[1] - begin)
        cut = length
        for later in range(index + 1, len(strikes) if shot.off_by else 0):
            if places[later] >= begin + length:
                break
            if groups[later] == shot.off_by and places[later] > begin:
                cut = places[later] - begin
                break
        gain = np.float32(strike.gain * shot.gain * 10 ** (MIXED / 20))
        sound = choked(shot.sound[:, :length], cut)
        whole[:, begin : begin + sound.shape[1]] += gain * sound


def choked(sound: Samples, cut: int) -> Samples:
    """A sound (channel, sample) that dies away from a sample on, and ends soon after."""
    fade = min(round(CHOKE_SECONDS * SYNTH_RATE), sound.shape[1] - cut)
    if fade <= 0:
        return sound
    kept = sound[:, : cut + fade].copy()
    kept[:, cut:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return kept


def _sfz_in(path: Path) -> Path:
    if path.is_file():
        return path
    found = sorted(path.glob("*.sfz")) if path.is_dir() else []
    if len(found) != 1:
        there = f"{len(found)} SFZ files, name one" if found else "no SFZ file"
        missing = "holds " + there if path.is_dir() else "no such folder or file"
        raise UsageError(f"--drums {path}: {missing}; `musegan audio kit` makes a kit")
    return found[0]


def _regions(text: str) -> Iterator[dict[str, str]]:
    """The opcodes of each region, with those of its group, of <global> and of <control>."""
    text = re.sub(r"//[^\n]*", "", text)
    levels: dict[str, dict[str, str]] = {"control": {}, "global": {}, "group": {}}
    for header, body in re.findall(r"<(\w+)>([^<]*)", text):
        # A value goes on to the next opcode, since file names may have spaces.
        opcodes = dict(re.findall(r"(\w+)=(.*?)\s*(?=\s\w+=|$)", body, re.DOTALL))
        if header == "region":
            yield {**levels["control"], **levels["global"], **levels["group"], **opcodes}
        else:
            levels[header] = opcodes
            if header == "global":
                levels["group"] = {}


def _number(region: Mapping[str, str], name: str, least: float, most: float) -> float:
    """What a region says, 0 where it does not. Raises ValueError."""
    word = region.get(name, "0")
    with suppress(ValueError):
        if least <= (value := float(word)) <= most:
            return value
    raise ValueError(f"{name}={word} is no number from {least:g} to {most:g}")


def _key(word: str) -> int:
    """A key by its number or its name, such as c4 for 60; -1 for none. Raises ValueError."""
    if word == "-1" or (word.isdecimal() and int(word) < 128):
        return int(word)
    match = re.fullmatch(r"([a-g])(#|b)?(-?\d)", word.lower())
    if match is None:
        raise ValueError(f"{word!r} is no key: a number from 0 to 127, or such as c4")
    letter, sign, octave = match.groups()
    return NOTES[letter] + {"#": 1, "b": -1, None: 0}[sign] + 12 * (int(octave) + 1)


def _at_synth_rate(path: Path, file: Path) -> Samples:
    if not path.is_file():
        raise FormatError(f"{file}: the sample {path.name} is missing from {path.parent}")
    sound, rate = read_sound(path)
    sound = sound[:2]
    if not np.isfinite(sound).all():
        raise FormatError(f"{path}: holds samples that are not numbers; make it anew")
    if rate == SYNTH_RATE:
        return sound
    common = int(np.gcd(rate, SYNTH_RATE))
    resampled = resample_poly(sound, SYNTH_RATE // common, rate // common, axis=1)
    return np.ascontiguousarray(resampled, dtype=np.float32)
