"""Drum hits of sixteen roles: rendered from a General MIDI SoundFont, and recorded ones beside them.

Fluid (R3) GM is MIT-licensed, the samples of Sonic Pi are CC0. A SoundFont's kits share many of
their samples, so what was there already is left out.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from musegan.audio.striking import strike
from musegan.audio.synthesizer import SYNTH_RATE
from musegan.audio.waveform import Samples, read_sound, write_flac
from musegan.errors import CorpusError, FormatError
from musegan.music.kit import KIT

PACKAGED = (
    Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),  # Debian's fluid-soundfont-gm
    Path("/usr/share/sonic-pi/samples"),  # Debian's sonic-pi-samples
)
LICENCES = "MIT (Fluid GM), CC0 (Sonic Pi)"

KITS = {
    0: "standard",
    8: "room",
    16: "power",
    24: "electronic",
    25: "tr-808",
    32: "jazz",
    40: "brush",
}
VELOCITIES = (50, 75, 100, 125)
APART, HELD, HEARD = 2.5, 0.9, 2.0  # seconds from hit to hit, held, and kept of each
PITCHED = {117: "melodic tom", 118: "synth drum"}  # programs whose notes are toms
TOMS = {"low tom": (36, 40, 44), "mid tom": (48, 51, 54), "high tom": (58, 62, 66)}
ALIKE = 0.97  # correlation from which two hits are the same
QUIET = 1e-3  # of full scale: what is softer is a key without a sound
RECORDED = {  # how the names of Sonic Pi's samples begin -> role
    "bd_": "kick", "drum_heavy_kick": "kick", "elec_hollow_kick": "kick", "elec_soft_kick": "kick",
    "drum_bass": "kick", "sn_": "snare", "drum_snare": "snare", "elec_hi_snare": "snare",
    "elec_lo_snare": "snare", "elec_mid_snare": "snare", "elec_snare": "snare",
    "elec_filt_snare": "snare", "drum_tom_lo": "low tom", "drum_tom_mid": "mid tom",
    "drum_tom_hi": "high tom", "elec_fuzz_tom": "low tom", "drum_cymbal_closed": "closed hat",
    "drum_cymbal_pedal": "pedal hat", "drum_cymbal_open": "open hat", "drum_cymbal_hard": "crash",
    "drum_cymbal_soft": "ride", "elec_cymbal": "crash", "drum_splash": "splash",
    "drum_cowbell": "cowbell", "perc_snap": "clap", "elec_tick": "side stick",
    "elec_wood": "side stick",
}  # fmt: skip


def prepare_drums(folder: Path, places: Sequence[Path] = PACKAGED) -> list[str]:
    """Write the hits, a folder for each role, from the SoundFont and the samples among `places`.

    Returns a line for each source. Raises CorpusError if no SoundFont is among them.
    """
    fonts = [
        place for place in places if place.suffix.lower() in (".sf2", ".sf3") and place.is_file()
    ]
    if not fonts:
        raise CorpusError(
            "no General MIDI SoundFont here to render drums from; install fluid-soundfont-gm "
            "(Debian), or give one with --data FILE.sf2"
        )
    known: dict[str, list[Samples]] = {role: [] for role in KIT}
    lines = []
    for name, hits in (
        (fonts[0].name, rendered(fonts[0])),
        *((str(place), recorded(place)) for place in places if place.is_dir()),
    ):
        count = 0
        for role, title, hit in hits:
            if is_new(hit, known[role]):
                target = folder / role / f"{title}.flac"
                target.parent.mkdir(parents=True, exist_ok=True)
                write_flac(
                    target, hit / max(1.0, float(np.abs(hit).max())), SYNTH_RATE, title=title
                )
                count += 1
        if count:
            lines.append(f"{folder}: {count} hits from {name}")
    return lines


def drum_sources(data: Path | None = None) -> tuple[Path, ...]:
    """Where hits come from: what is packaged, or the SoundFont or folder of samples that is given.

    Raises CorpusError if what is given is not there.
    """
    if data is None:
        return PACKAGED
    if not data.exists():
        raise CorpusError(f"{data}: no such SoundFont or folder; leave it out for what is packaged")
    return (data, *PACKAGED) if data.is_file() else (*sorted(data.glob("*.sf2")), data, *PACKAGED)


def rendered(soundfont: Path) -> Iterator[tuple[str, str, Samples]]:
    """The hits of a SoundFont's kits: role, title, sound (sample,) at 48 kHz."""
    for program, kit in KITS.items():
        strikes = [
            (key, velocity) for keys in KIT.values() for key in keys for velocity in VELOCITIES
        ]
        role_of = {key: role for role, keys in KIT.items() for key in keys}
        hits = struck(soundfont, program, 9, strikes)
        for (key, velocity), hit in zip(strikes, hits, strict=True):
            yield role_of[key], f"{kit}-{key}-{velocity}", hit
    for program, name in PITCHED.items():
        strikes = [(key, 110) for keys in TOMS.values() for key in keys]
        role_of = {key: role for role, keys in TOMS.items() for key in keys}
        for (key, _), hit in zip(strikes, struck(soundfont, program, 0, strikes), strict=True):
            yield role_of[key], f"{name}-{key}", hit


def struck(
    soundfont: Path,
    program: int,
    channel: int,
    strikes: list[tuple[int, int]],
    *,
    apart: float = APART,
    held: float = HELD,
    heard: float = HEARD,
    dry: bool = False,
) -> list[Samples]:
    """The same as `strike`, in mono, (sample,)."""
    sounds = strike(
        soundfont, program, channel, strikes, apart=apart, held=held, heard=heard, dry=dry
    )
    return [sound.mean(axis=0) for sound in sounds]


def recorded(folder: Path) -> Iterator[tuple[str, str, Samples]]:
    """The hits among Sonic Pi's samples: role, title, sound (sample,) at 48 kHz."""
    for path in sorted(folder.glob("*.flac")):
        role = next((role for begin, role in RECORDED.items() if path.stem.startswith(begin)), None)
        if role is None:
            continue
        try:
            sound, rate = read_sound(path)
        except FormatError:
            continue
        common = int(np.gcd(rate, SYNTH_RATE))
        mono = resample_poly(sound.mean(axis=0), SYNTH_RATE // common, rate // common)
        yield role, path.stem, mono.astype(np.float32)


def is_new(hit: Samples, known: list[Samples]) -> bool:
    """Whether a hit sounds, and is none of those that are known; if so it is added to them.

    The first quarter of a second counts, whatever its loudness.
    """
    loud = np.flatnonzero(np.abs(hit) > QUIET)
    if not len(loud):
        return False
    part = _unit(hit[loud[0] : loud[0] + SYNTH_RATE // 4])
    if any(float(np.dot(part[: len(other)], other[: len(part)])) > ALIKE for other in known):
        return False
    known.append(part)
    return True


def _unit(part: Samples) -> npt.NDArray[np.float32]:
    unit: npt.NDArray[np.float32] = part / np.float32(np.linalg.norm(part))
    return unit
