"""Sampled sound in files: 16-bit WAV and FLAC, whole or absent.

Samples are float arrays of shape (channel, sample) in [-1, 1], or (sample,) for one channel.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from musegan.errors import FormatError
from musegan.files import written_aside

Samples = npt.NDArray[np.float32]

UNKNOWN_SIZE = 0x7FFFFF00  # bytes from which a RIFF file's size is not meant as one
BLOCK = 1 << 18  # samples converted at a time, so that long sounds are not held twice


def write_wav(
    path: Path,
    samples: npt.NDArray[np.floating[Any]],
    sample_rate: int,
    *,
    title: str = "",
    comment: str = "",
) -> None:
    """Write a WAV file; `comment` says what made the sound. Raises ValueError outside [-1, 1]."""
    _write(path, samples, sample_rate, "WAV", title, comment)


def write_flac(
    path: Path,
    samples: npt.NDArray[np.floating[Any]],
    sample_rate: int,
    *,
    title: str = "",
    comment: str = "",
) -> None:
    """Write a FLAC file; `comment` says what made the sound. Raises ValueError outside [-1, 1]."""
    _write(path, samples, sample_rate, "FLAC", title, comment)


def read_sound(path: Path) -> tuple[Samples, int]:
    """Read a sound file: samples (channel, sample) and their rate. Raises FormatError."""
    try:
        frames, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise FormatError(f"{path}: not a sound file: {error.error_string}") from error
    lacking = _bytes_lacking(path)
    if lacking > 1:  # a last odd byte may want its padding
        raise FormatError(f"{path}: is cut short, {lacking:,} bytes are missing; copy it anew")
    return np.ascontiguousarray(frames.T), int(rate)


def _bytes_lacking(path: Path) -> int:
    """How many bytes a RIFF file, a WAV, says that it has and has not; 0 of what is none.

    Of one that was written as it was recorded the size may be unknown: the largest there is, or 0.
    """
    with path.open("rb") as file:
        head = file.read(8)
        there = file.seek(0, 2)
    if len(head) < 8 or head[:4] != b"RIFF":
        return 0
    said = int.from_bytes(head[4:], "little")
    return max(0, said + 8 - there) if 0 < said < UNKNOWN_SIZE else 0


def _write(
    path: Path,
    samples: npt.NDArray[np.floating[Any]],
    sample_rate: int,
    kind: str,
    title: str,
    comment: str,
) -> None:
    channels = np.atleast_2d(samples)
    if channels.ndim != 2:
        raise ValueError(f"samples of shape {samples.shape}, not (channel, sample)")
    loudest = max(float(channels.max(initial=0)), -float(channels.min(initial=0)))
    if not loudest <= 1:
        raise ValueError(f"a sample of {loudest} is outside [-1, 1] and would clip")
    with (
        written_aside(path) as aside,
        soundfile.SoundFile(aside, "w", sample_rate, len(channels), "PCM_16", format=kind) as file,
    ):
        if title:
            file.title = title
        if comment:
            file.comment = comment
        for first in range(0, channels.shape[1], BLOCK):
            block = channels[:, first : first + BLOCK].T
            file.write(np.rint(block * 32768).clip(-32768, 32767).astype(np.int16))
