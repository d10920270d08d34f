"""A script: a MIDI file's melody, to be played in as if by a keyboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musegan.errors import ConfigError, MidiError
from musegan.live.events import NOTE_ON
from musegan.music.arrangement import END, PITCH, START, VELOCITY
from musegan.music.band import notes_of_track
from musegan.music.melody import find_track, melody_track
from musegan.music.metre import Metre
from musegan.music.midi import read_midi


@dataclass(frozen=True)
class Script:
    """Note messages by position, quarter notes from the bar of the first; and how the file goes."""

    messages: Sequence[tuple[float, bytes]]
    metre: Metre
    qpm: float
    notices: Sequence[str] = ()

    @property
    def quarters(self) -> float:
        """Where the last note ends."""
        return self.messages[-1][0]


def read_script(path: Path, wanted_track: str | None = None, metre: Metre | None = None) -> Script:
    """The melody of a file, in bars of its first metre unless another is given.

    Empty bars before the melody are left out. Raises MidiError.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MidiError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    try:
        score = read_midi(data, str(path))
        lead = melody_track(score) if wanted_track is None else find_track(score, wanted_track)
    except MidiError as error:
        said = str(error)
        raise MidiError(said if str(path) in said else f"{path}: {said}") from error
    notes = notes_of_track(score.tracks[lead])
    quarter = score.ticks_per_quarter
    notices = []
    written = sorted({(s.numerator, s.denominator) for s in score.time_signatures})
    if metre is None:
        first = min(score.time_signatures, key=lambda s: s.time, default=None)
        try:
            metre = Metre(first.numerator, first.denominator) if first is not None else Metre()
        except ConfigError:
            metre = Metre()
        if len(written) > 1:
            notices.append(f"{path}: its metre changes; the band keeps to {metre}")
    tempi = sorted((tempo.time, tempo.qpm) for tempo in score.tempos)
    before = [qpm for tick, qpm in tempi if tick <= notes[0, START]] or [q for _, q in tempi[:1]]
    if len({round(qpm) for _, qpm in tempi}) > 1:
        notices.append(f"{path}: its tempo changes; the band keeps to the first")
    start = metre.bar_at(notes[0, START] / quarter) * metre.quarters
    events = [
        event
        for note in notes.tolist()
        for event in (
            (note[START] / quarter - start, 1, bytes([NOTE_ON, note[PITCH], note[VELOCITY]])),
            (
                max(note[END], note[START] + 1) / quarter - start,
                0,
                bytes([NOTE_ON, note[PITCH], 0]),
            ),
        )
    ]
    events.sort(key=lambda event: event[:2])
    qpm = float(np.clip(before[-1] if before else 120.0, 20, 400))
    return Script([(at, message) for at, _, message in events], metre, qpm, notices)
