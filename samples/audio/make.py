"""Make the sounds of this folder anew, with the bundled models: python samples/audio/make.py"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from scipy.signal import resample_poly

from musegan import __version__
from musegan.audio.waveform import read_sound, write_flac
from musegan.images.sheet import sheet_of
from musegan.images.spectrogram import coloured
from musegan.models.spectra import LogMel
from musegan_cli.main import main

HERE = Path(__file__).parent
SONGS = HERE.parent
PICTURE = SONGS.parent / "docs" / "pictures" / "samples-audio.png"
SHOWN_RATE, SHADES = 24_000, 16  # of what is drawn
PAUSE, FADE = 0.15, 1.0  # seconds between drums; in which an excerpt ends
ROLES = (
    "kick", "snare", "side stick", "clap", "closed hat", "pedal hat", "open hat", "low tom", "mid tom",
    "high tom", "crash", "splash", "ride", "ride bell", "tambourine", "cowbell",
)  # fmt: skip


def run(*words: object) -> None:
    """A command of musegan, which must succeed."""
    if main([str(word) for word in words]):
        raise SystemExit(f"musegan {' '.join(map(str, words))} failed")


def write(name: str, sound: np.ndarray, rate: int, made: str) -> None:
    title = name.removesuffix(".flac")
    write_flac(HERE / name, sound, rate, title=title, comment=f"{made}, musegan {__version__}")


def excerpt(path: Path, seconds: float) -> tuple[np.ndarray, int]:
    """The beginning of a sound file (channel, sample), which fades out."""
    sound, rate = read_sound(path)
    sound = sound[:, : round(seconds * rate)].copy()
    fade = round(FADE * rate)
    sound[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound, rate


def drums(kit: Path) -> None:
    """All sixteen drums of a kit, one after the other."""
    hits = [read_sound(kit / f"{role.replace(' ', '-')}.wav") for role in ROLES]
    rate = hits[0][1]
    pause = np.zeros((1, round(PAUSE * rate)), np.float32)
    row = np.concatenate([part for hit, _ in hits for part in (hit, pause)], axis=1)
    write("drums.flac", row, rate, f"{', '.join(ROLES)}: musegan audio kit --seed 7")


def played(folder: Path) -> None:
    """Eight seconds of a melody, by four timbres of the synth."""
    for timbre in ("piano", "flute", "violin", "steel-guitar"):
        run("render", SONGS / "greensleeves.mid", "-o", folder, "--formats", "flac", "--overwrite",
            "--synth", "gan", "--timbre", timbre)  # fmt: skip
        sound, rate = excerpt(folder / "greensleeves.flac", 8)
        mono = sound.mean(axis=0, keepdims=True)
        made = f"musegan render greensleeves.mid --synth gan --timbre {timbre}"
        write(f"greensleeves-{timbre}.flac", mono, rate, made)


def picture() -> None:
    """The spectrograms of all of them, eight seconds each, one below the other."""
    rows = []
    for path in sorted(HERE.glob("*.flac")):
        sound, rate = excerpt(path, 8)
        mono = resample_poly(sound.mean(axis=0), SHOWN_RATE, rate).astype(np.float32)
        rows.append(np.pad(mono, (0, 8 * SHOWN_RATE - len(mono))))
    levels = LogMel(SHOWN_RATE, window=1024, hop=375, bands=96)(torch.from_numpy(np.stack(rows)))
    sheet = sheet_of(coloured(levels[:, 0].numpy()), columns=1, smallest=96)
    sheet.quantize(SHADES).save(PICTURE, optimize=True)  # so that the file is small


def band(folder: Path, kit: Path) -> None:
    """The beginning of a song with its band, all of it made of GANs."""
    run("compose", SONGS / "when-the-saints.mid", "-o", folder, "--formats", "flac",
        "--synth", "gan", "--drums", kit)  # fmt: skip
    sound, rate = excerpt(folder / "when-the-saints.flac", 14)
    made = "musegan compose when-the-saints.mid --synth gan --drums kit/"
    write("when-the-saints-band.flac", sound, rate, made)


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        kit = Path(place, "kit")
        run("audio", "kit", "--seed", 7, "-o", kit)
        drums(kit)
        played(Path(place))
        band(Path(place), kit)
    picture()
