"""Make the bands of this folder anew, with the bundled model: python docs/bands/make.py"""

from pathlib import Path
from tempfile import TemporaryDirectory

import librosa
import numpy as np

from musegan import __version__
from musegan.audio.waveform import read_sound, write_flac
from musegan_cli.main import main

HERE = Path(__file__).parent
SONGS = sorted((HERE.parents[1] / "samples").glob("*.mid"))
STYLES = ("pop", "rock", "classical")
BEGIN, SECONDS, FADE = 6, 12, 1  # of each song: where the excerpt begins, its length, and its end
RATE = 22_050


def make(style: str, folder: Path) -> None:
    """The songs with a band of a style: whole as MIDI and pictures, an excerpt as sound."""
    words = ["compose", *map(str, SONGS), "--style", style, "--overwrite"]
    for place, formats in ((HERE / style, "mid,png"), (folder, "flac")):
        if main([*words, "-o", str(place), "--formats", formats]):
            raise SystemExit(f"musegan {' '.join(words)} failed")
    for song in SONGS:
        sound, rate = read_sound(folder / f"{song.stem}.flac")
        part = sound.mean(axis=0, keepdims=True)[:, BEGIN * rate :][:, : SECONDS * rate]
        part = librosa.resample(part, orig_sr=rate, target_sr=RATE)
        rise = RATE // 50  # an excerpt begins amid sound
        part[:, :rise] *= np.linspace(0, 1, rise, dtype=np.float32)
        part[:, -FADE * RATE :] *= np.linspace(1, 0, FADE * RATE, dtype=np.float32)
        made = f"musegan compose {song.name} --style {style}, musegan {__version__}"
        write_flac(HERE / style / f"{song.stem}.flac", part, RATE, title=song.stem, comment=made)


if __name__ == "__main__":
    for style in STYLES:
        with TemporaryDirectory() as folder:
            make(style, Path(folder))
