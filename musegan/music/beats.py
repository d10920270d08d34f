"""The beats of a performance, whose written bars mean nothing: noticed, estimated, or read.

The metres of a file that was played in without a click, or beside it, say nothing about its
notes. `is_performance` tells such a file; `estimate_beats` finds the beats as Ellis does, Beat
tracking by dynamic programming (Journal of New Music Research 36, 2007), from the notes' onsets.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from symusic.core import ScoreTick

from musegan.errors import FormatError
from musegan.music.band import notes_of_track

Floats = npt.NDArray[np.float64]

_RATE = 100  # frames a second of the onset strength
_PERIODS = (0.3, 1.5)  # seconds a beat: 200 to 40 beats a minute
_USUAL_PERIOD = 0.75  # seconds a beat
_PERIOD_SPREAD = 0.85  # octaves
_TIGHTNESS = 1000.0  # how dear a beat is that comes early or late
_FEWEST_ONSETS = 32  # fewer tell nothing about a grid


@dataclass(frozen=True, eq=False)
class Beats:
    """When the beats of a song fall, and which of them begin bars."""

    seconds: Floats  # (beat,), increasing, at least two
    beats_per_bar: int
    first_downbeat: int  # index of the first beat that begins a bar; below beats_per_bar

    @property
    def qpm(self) -> float:
        """The middle tempo, in beats a minute."""
        return 60 / float(np.median(np.diff(self.seconds)))

    def longer(self, bars: int) -> "Beats":
        """The beats of so many more bars, as far apart as the last eight are in the middle."""
        period = float(np.median(np.diff(self.seconds[-9:])))
        more = period * np.arange(1, bars * self.beats_per_bar + 1)
        seconds = np.concatenate([self.seconds, self.seconds[-1] + more])
        return replace(self, seconds=seconds)

    @property
    def downbeats(self) -> npt.NDArray[np.bool_]:
        """Which beats begin a bar, (beat,)."""
        places = np.arange(len(self.seconds)) - self.first_downbeat
        return np.asarray(places % self.beats_per_bar == 0, bool)


def is_performance(score: ScoreTick) -> bool:
    """Whether the written beats and bars of a score mean nothing.

    So it is where bars of one quarter, which are no bars, are written for most of the song;
    where the onsets lie about the written beats as chance would have it; where they lie close
    together, but off the written sixteenths or triplets; and where the sixteenth on the beat has
    fewer than half as many onsets as another. Concentration counts, not exactness, so that
    human timing around a click is no performance; nor is a file half of whose onsets are exact.
    """
    quarter = score.ticks_per_quarter
    onsets = [np.unique(notes_of_track(track)[:, 0]) for track in score.tracks if len(track.notes)]
    ticks = np.concatenate([np.zeros(0, np.int64), *onsets])
    if _mostly_single_quarters(score, int(ticks.max(initial=0))):
        return True
    if len(ticks) < _FEWEST_ONSETS:
        return False
    beats = ticks / quarter
    off_grid = np.abs(beats[:, None] * (4, 3) - np.round(beats[:, None] * (4, 3))) / (4, 3)
    if float((off_grid.min(axis=1) < 0.004).mean()) > 0.5:
        return False
    waves = {k: _wave(beats, k) for k in (1, 2, 3, 4, 6)}
    if max(wave.real for wave in waves.values()) < max(0.1, 2 / np.sqrt(len(beats))):
        return True
    finest = waves[4] if abs(waves[4]) >= abs(waves[3]) else waves[3]
    if abs(finest) < 0.5:
        return False
    if abs(float(np.angle(finest))) / (2 * np.pi) > 0.2:
        return True
    places = np.bincount(np.round(beats * 4).astype(np.int64) % 4, minlength=4)
    return finest is waves[4] and bool(places[0] < 0.5 * places.max())


def written_period(score: ScoreTick) -> float | None:
    """The seconds a written quarter note lasts, where the notes keep to it; None where they do not.

    A performance beside a click has the right tempo and the wrong bars: its onsets lie close
    together, wherever that is between the written sixteenths or triplets. The middle tempo is
    taken, which must hold within a twentieth for nine tenths of the song.
    """
    ticks = np.concatenate(
        [np.zeros(0), *[notes_of_track(t)[:, 0] for t in score.tracks if len(t.notes)]]
    )
    beats = ticks / score.ticks_per_quarter
    if len(ticks) < _FEWEST_ONSETS or max(abs(_wave(beats, k)) for k in (3, 4)) < 0.6:
        return None
    tempos = sorted((int(tempo.time), 60 / tempo.qpm) for tempo in score.tempos) or [(0, 0.5)]
    periods = np.array([period for _, period in tempos])
    lengths = np.diff([time for time, _ in tempos], append=max(ticks.max(), tempos[-1][0]) + 1)
    order = np.argsort(periods)
    middle = np.searchsorted(np.cumsum(lengths[order]), lengths.sum() / 2)
    period = float(periods[order][middle])
    steady = float(lengths[np.abs(periods / period - 1) < 0.05].sum() / lengths.sum())
    return period if steady > 0.9 else None


def estimate_beats(
    seconds: npt.ArrayLike,
    pitches: npt.ArrayLike,
    velocities: npt.ArrayLike,
    end: float,
    period: float | None = None,
) -> Beats:
    """Estimate the beats of notes that begin at `seconds`, (note,), sorted, in a song until `end`.

    `pitches` and `velocities`, (note,), 0..127, tell accents and the bass. The beats go from
    before the first onset to the end or after it. The tempo may drift, not jump; if `period`,
    seconds a beat, is known, it must hold throughout. Raises FormatError without notes.

    On POP909's 91 validation songs (numbers ending in 3) the F-measure at 70 ms is .93 for beats,
    with half the true tempo in 5 % and double in 2 %, and .71 for downbeats; with the period
    of `written_period` .96 and .71 (`benchmarks/beat_estimation.py`). Bars are of one length
    throughout: a bar of two inserted in a song of fours moves the later downbeats.
    """
    onsets = np.asarray(seconds, np.float64).reshape(-1)
    if not len(onsets):
        raise FormatError("beats cannot be estimated without notes; give them with --beats FILE")
    pitch = np.asarray(pitches, np.float64).reshape(-1)
    weights = (np.asarray(velocities, np.float64).reshape(-1) + 32) / 127
    weights = weights * (1 + np.clip((60 - pitch) / 24, 0, 1))  # the bass speaks for the beat
    strength = _onset_strength(onsets, weights, max(end, float(onsets[-1])) + 1)
    steady = np.full(len(strength), _RATE * period if period else _beat_period(strength))
    paces = steady if period else _local_periods(strength, steady[0])
    tracked = _settled(_track(strength, paces) / _RATE, onsets, weights)
    beats = _continued(tracked, onsets[0], end, float(np.median(paces)) / _RATE)
    beats_per_bar, first = _bars(beats, onsets, pitch, weights)
    return Beats(beats, beats_per_bar, first)


def read_beats(path: Path | str) -> Beats:
    """Read beats from a text file: a line a beat, the second, and what begins a bar.

    After the second may follow the beat's number in its bar (1 begins a bar) or, as in POP909's
    `beat_midi.txt`, two flags, of which the last marks a downbeat. Columns are parted by blanks,
    tabs, commas or semicolons; empty lines and what follows a # do not count. Without a second
    column bars have four beats. Raises FormatError that names file, line and what is wrong.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise FormatError(f"{path}: cannot read beats: {reason}") from error
    times: list[float] = []
    starts: list[bool] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#")[0].replace(",", " ").replace(";", " ").split()
        if not words:
            continue
        try:
            values = [float(word) for word in words]
        except ValueError:
            values = []
        if not 1 <= len(values) <= 3 or not np.isfinite(values).all():
            wanted = "a second and, if you like, the beat's number in its bar"
            raise FormatError(f"{path}, line {number}: {line.strip()[:40]!r} is not {wanted}")
        if times and values[0] <= times[-1]:
            earlier = f"{values[0]:g} s is not after the beat before it, at {times[-1]:g} s"
            raise FormatError(f"{path}, line {number}: {earlier}; put the beats in order")
        times.append(values[0])
        starts.append(len(values) > 1 and values[-1] == 1)
    if len(times) < 2:
        raise FormatError(f"{path}: holds {len(times)} beats, at least 2 are needed, one a line")
    downbeats = np.flatnonzero(starts)
    lengths = np.diff(downbeats)
    usual = int(np.bincount(lengths).argmax()) if len(lengths) else 4
    first = int(np.bincount(downbeats % usual).argmax()) if len(downbeats) else 0
    return Beats(np.array(times), usual, first)


def _wave(beats: Floats, parts: int) -> complex:
    """How far onsets, in beats, keep to one place in a `parts`-th of a beat (0..1), and where."""
    return complex(np.exp(2j * np.pi * parts * beats).mean())


def _mostly_single_quarters(score: ScoreTick, end: int) -> bool:
    """Whether 1/4 is the metre of most of a score that ends at tick `end`."""
    signs = sorted(score.time_signatures, key=lambda sign: int(sign.time))
    metres = {int(s.time): (s.numerator, s.denominator) == (1, 4) for s in signs}
    times = [*metres, max([end, *metres])]
    spans = np.diff(times)[list(metres.values())] if metres else np.zeros(0)
    return bool(end and 2 * spans.sum() > end)


def _onset_strength(onsets: Floats, weights: Floats, end: float) -> Floats:
    """Onset strength, (frame,), of deviation 1: chords count by the root of their weight."""
    heard = np.bincount(np.round(onsets * _RATE).astype(np.int64), weights, int(end * _RATE) + 1)
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / 2.0) ** 2)  # 20 ms
    strength = np.sqrt(np.convolve(heard, kernel, "same"))
    return np.asarray(strength / max(float(strength.std()), 1e-9), np.float64)


def _beat_period(strength: Floats) -> float:
    """The beat in frames: the lag at which the strength is most like itself, near a usual beat."""
    longest = int(8 * _PERIODS[1] * _RATE) + 2
    signal = strength - strength.mean()
    size = 1 << (len(signal) + longest).bit_length()
    spectrum = np.fft.rfft(signal, size)
    likeness = np.fft.irfft(np.abs(spectrum) ** 2, size)[: longest + 1]
    lags = np.arange(int(_PERIODS[0] * _RATE), int(_PERIODS[1] * _RATE) + 1, 0.25)
    score = sum(share * np.interp(n * lags, np.arange(longest + 1), likeness)
                for n, share in ((0.5, 0.25), (1, 1.0), (2, 0.5), (4, 1.0), (8, 0.5)))  # fmt: skip
    octaves = np.log2(lags / _RATE / _USUAL_PERIOD)
    usual = np.exp(-0.5 * (octaves / _PERIOD_SPREAD) ** 2)
    return float(lags[int(np.argmax(np.maximum(score, 1e-9) * usual))])


def _local_periods(strength: Floats, period: float) -> Floats:
    """The beat in frames around each frame, within an eighth of `period` or of what it was before.

    The strongest likeness to itself, at one, two and four beats, of 16 seconds around.
    """
    half, hop = 8 * _RATE, 2 * _RATE
    window = np.hanning(2 * half)
    padded = np.concatenate([np.zeros(half), strength - strength.mean(), np.zeros(half)])
    centres = np.arange(0, len(strength), hop)
    paces, pace = np.empty(len(centres)), period
    for index, centre in enumerate(centres):
        part = padded[centre : centre + 2 * half] * window
        likeness = np.fft.irfft(np.abs(np.fft.rfft(part, 4 * half)) ** 2)[: 2 * half]
        lags = pace * np.exp2(np.linspace(-0.17, 0.17, 69))
        scale = np.arange(len(likeness))
        score = sum(np.interp(n * lags, scale, likeness) for n in (1, 2, 4))
        near = np.exp(-0.5 * (np.log2(lags / pace) / 0.06) ** 2)
        paces[index] = lags[int(np.argmax(np.maximum(score, 1e-9) * near))]
        pace = 0.7 * pace + 0.3 * paces[index]
    return np.asarray(np.interp(np.arange(len(strength)), centres, paces), np.float64)


def _track(strength: Floats, periods: Floats) -> Floats:
    """The frames of the beats, by dynamic programming (Ellis 2007, equations 5 and 6).

    `periods` (frame,) is the beat in frames that is expected at each frame.
    """
    back = np.arange(-round(2 * periods.max()), -round(periods.min() / 2) + 1)
    spans, pad = np.log(-back), int(-back[0])
    expected = np.log(np.concatenate([np.full(pad, periods[0]), periods]))
    total = np.concatenate([np.zeros(pad), strength])
    link = np.full(len(total), -1)
    for frame in range(pad, len(total)):
        earlier = total[frame + back] - _TIGHTNESS * (spans - expected[frame]) ** 2
        best = int(earlier.argmax())
        if earlier[best] > 0:
            link[frame] = frame + back[best]
            total[frame] += earlier[best]
    tail = len(total) - round(periods[-1])
    beats = [tail + int(np.argmax(total[tail:]))]
    while link[beats[-1]] >= pad:
        beats.append(int(link[beats[-1]]))
    return np.asarray(np.array(beats[::-1]) - pad, np.float64)


def _settled(beats: Floats, onsets: Floats, weights: Floats) -> Floats:
    """Move each beat to the weighted middle of the onsets within 40 ms, so that chords meet it."""
    settled = beats.copy()
    for index, beat in enumerate(beats):
        first, last = np.searchsorted(onsets, (beat - 0.04, beat + 0.04))
        if last > first:
            settled[index] = np.average(onsets[first:last], weights=weights[first:last])
    return np.asarray(np.maximum.accumulate(settled), np.float64)


def _continued(beats: Floats, first: float, end: float, period: float) -> Floats:
    """The beats, carried on to before the first onset and to the end, without standstills."""
    beats = beats[np.concatenate([[True], np.diff(beats) > period / 4])]
    gap = float(np.median(np.diff(beats))) if len(beats) > 2 else period
    before = max(int(np.ceil((beats[0] - first) / gap - 0.1)), 0)
    after = max(int(np.ceil((end - beats[-1]) / gap)), 1)
    lead_in = beats[0] - gap * np.arange(before, 0, -1)
    return np.concatenate([lead_in, beats, beats[-1] + gap * np.arange(1, after + 1)])


def _bars(beats: Floats, onsets: Floats, pitch: Floats, weights: Floats) -> tuple[int, int]:
    """(Beats a bar, first downbeat): where the accents, low notes and new harmonies recur."""
    count = len(beats)
    place = np.clip(np.searchsorted(beats, onsets + 0.05) - 1, 0, count - 1)
    on_beat = np.abs(onsets - beats[place]) < 0.05 + 1e-9
    accent = np.sqrt(np.bincount(place[on_beat], weights[on_beat], count))
    low = on_beat & (pitch < 52)
    bass = np.sqrt(np.bincount(place[low], weights[low], count))
    chroma = np.zeros((count, 12))
    np.add.at(chroma, (place, (pitch % 12).astype(np.int64)), weights)
    chroma /= np.maximum(np.linalg.norm(chroma, axis=1, keepdims=True), 1e-9)
    novelty = 1 - (chroma * np.vstack([chroma[:1], chroma[:-1]])).sum(axis=1)
    evidence = sum(
        share * (part - part.mean()) / max(float(part.std()), 1e-9)
        for part, share in ((accent, 0.25), (bass, 1.0), (novelty, 1.0))
    )
    bonus = {4: 0.1, 3: 0.0}
    return max(
        ((bar, first) for bar in bonus for first in range(bar)),
        key=lambda b: float(evidence[b[1] :: b[0]].sum() * b[0] / count) + bonus[b[0]],
    )
