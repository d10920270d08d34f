"""A part's sound that is rendered ahead, joined of pieces and played at its moment.

A piece is a stretch of one part's sound, in mono. Time is counted in frames at 48 kHz from a moment
that both ends know, the origin. Pieces overlap and are faded into one another; what is there for no
longer than a fade fades out, and what comes after a hole fades in, so nothing clicks, whatever comes late
or is taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE = 48_000
FADE = 480  # frames, 10 ms: pieces overlap by as many
RING = 1 << 18  # frames that are kept, past and future: 5.5 s
NEAR = 960  # frames between when a note is due and when a piece has it, at most
BOUNDS = 8  # tellings that are remembered to have taken something back

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SoundPiece:
    """A stretch of a part's sound."""

    channel: int
    telling: int  # what was known when it was made: the number of what was told last
    first: int  # frame
    samples: Floats  # (frame,), begins `FADE` frames before what is new
    notes: Sequence[tuple[int, int]]  # (pitch, first frame) of those that sound in it

    @property
    def last(self) -> int:
        """The frame after it."""
        return self.first + len(self.samples)


class Stream:
    """One part's sound. Not locked: one thread at a time, the driver's."""

    def __init__(self) -> None:
        self._ring = np.zeros(RING, np.float32)
        self._first = self._last = 0  # frames that are there
        self._gain = 0.0  # at the frame that is played next
        self._pieces: list[tuple[int, int, Sequence[tuple[int, int]]]] = []  # first, last, notes
        self._bounds: list[tuple[int, int]] = []  # of older tellings nothing counts from a frame on

    def put(self, piece: SoundPiece, at: int) -> None:
        """Take a piece, while the frame `at` is played next.  Thread: driver."""
        last = min(
            [piece.last, at + RING // 2]
            + [frame for telling, frame in self._bounds if piece.telling < telling]
        )
        first = max(piece.first, at)
        if first >= last:
            return
        samples = piece.samples[first - piece.first : last - piece.first].copy()
        overlap = min(self._last - first, FADE, len(samples))
        if max(self._first, at) >= self._last:
            self._first = first
        elif overlap <= 0:
            self._bridge(first, at)
            samples[:FADE] *= np.linspace(0, 1, FADE, dtype=np.float32)[: len(samples)]
        else:
            if first < self._first:
                self._write(first, np.zeros(min(self._first, last) - first, np.float32))
                self._first = first
            rise = np.linspace(0, 1, overlap, dtype=np.float32)
            old = self._read(first, first + overlap)
            samples[:overlap] = old + rise * (samples[:overlap] - old)
        self._write(first, samples)
        self._last = last
        self._pieces = [(a, min(b, first), n) for a, b, n in self._pieces if a < first and b > at]
        self._pieces.append((first, last, piece.notes))

    def take_back(self, frame: int, telling: int, at: int) -> None:
        """Let nothing sound from a frame on that was made before a telling.  Thread: driver."""
        bound = max(frame, at + FADE)
        self._last = min(self._last, max(bound, self._first))
        self._bounds = [*self._bounds, (telling, bound)][-BOUNDS:]
        self._pieces = [(a, min(b, bound), n) for a, b, n in self._pieces if a < bound]

    def has(self, pitch: int, due: int, at: int) -> bool:
        """Whether a note that is due is in what sounds at a frame.  Thread: driver."""
        return any(
            first <= at < last
            and any(key == pitch and abs(begin - due) <= NEAR for key, begin in notes)
            for first, last, notes in self._pieces
        )

    def covers(self, at: int) -> bool:
        """Whether there is sound at a frame, or known silence.  Thread: driver."""
        return self._first <= at < self._last

    def read(self, at: int, count: int) -> Floats | None:
        """So many frames from one on, (frame,), and go on behind them; None: silence.  Thread: driver."""
        begin, end = max(at, self._first), min(at + count, self._last)
        if begin >= end:
            self._gain = 0.0
            return None
        sound = np.zeros(count, np.float32)
        part = sound[begin - at : end - at]
        part[:] = self._read(begin, end)
        before = self._gain if begin == at else 0.0
        if before < 1 or self._last - end < FADE:
            frames = np.arange(1, end - begin + 1, dtype=np.float32)
            gain = np.minimum(before + frames / FADE, 1)
            gain = np.minimum(gain, (self._last - begin - frames) / FADE).clip(0)
            part *= gain
            self._gain = float(gain[-1]) if end == at + count else 0.0
        return sound

    def clear(self) -> None:
        """Forget all sound.  Thread: any, while nobody reads."""
        self._first = self._last = 0
        self._gain = 0.0
        self._pieces.clear()

    def _bridge(self, first: int, at: int) -> None:
        """Let what is there fade out, and silence follow up to a frame."""
        fading = min(FADE, self._last - at)
        old = self._read(self._last - fading, self._last)
        self._write(self._last - fading, old * np.linspace(1, 0, fading, dtype=np.float32))
        self._write(self._last, np.zeros(min(first - self._last, RING // 2), np.float32))

    def _read(self, first: int, last: int) -> Floats:
        begin = first % RING
        end = begin + last - first
        if end <= RING:
            return self._ring[begin:end]
        return np.concatenate([self._ring[begin:], self._ring[: end - RING]])

    def _write(self, first: int, samples: Floats) -> None:
        begin = first % RING
        room = min(len(samples), RING - begin)
        self._ring[begin : begin + room] = samples[:room]
        self._ring[: len(samples) - room] = samples[room:]
