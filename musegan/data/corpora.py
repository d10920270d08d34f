"""The corpora of band music: where each comes from, its licence, its split, and how it is read.

Every song is an `Arrangement`: the melody and the parts of the band, in steps. One that cannot
be used (no melody, no band, a broken file) is skipped with a line in the log.
"""

import logging
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from symusic.core import ScoreSecond, TrackSecond

from musegan.errors import CorpusError, MidiError
from musegan.music.arrangement import Arrangement, Notes, no_notes
from musegan.music.band import Role, cast, nearest_drums, notes_of_track, split_left_hand
from musegan.music.grid import grid_of_beats, measure_feel
from musegan.music.melody import melody_track, top_line
from musegan.music.midi import read_midi
from musegan.music.song import written_grid

Split = Literal["train", "validation", "all"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Corpus:
    """A data set: what it is, whose, and which songs are kept for validation."""

    name: str
    style: str  # what `--style` calls its music
    address: str  # where its authors publish it
    licence: str
    songs: Callable[[Path], list[Path]]  # folder -> its songs
    read: Callable[[Path], Arrangement]  # raises MidiError where a song cannot be used
    validation: Callable[[str], bool]  # song name -> belongs to the validation split


def find_songs(corpus: str, folder: Path, split: Split = "train") -> list[Path]:
    """The songs of one split of a corpus in `folder`.

    Raises:
        CorpusError: the corpus is unknown, or the folder is missing or holds none of its songs.
    """
    if corpus not in CORPORA:
        raise CorpusError(f"no corpus {corpus!r}; there are {', '.join(CORPORA)}")
    known = CORPORA[corpus]
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such folder; get {corpus} from {known.address}")
    songs = known.songs(folder)
    if not songs:
        raise CorpusError(f"{folder}: holds no song of {corpus}; get it from {known.address}")
    if split == "all":
        return songs
    return [song for song in songs if known.validation(song.stem) == (split == "validation")]


def read_song(corpus: str, song: Path) -> Arrangement | None:
    """One song, or None (with a line in the log) if it has no melody, no band, or is damaged."""
    try:
        arrangement = CORPORA[corpus].read(song)
    except MidiError as error:
        logger.info("skipped: %s", error)
        return None
    return arrangement if len(arrangement.melody) and arrangement.band else None


def load(corpus: str, folder: Path, split: Split = "train") -> Iterator[Arrangement]:
    """All usable songs of one split of a corpus; raises as `find_songs`."""
    for song in find_songs(corpus, folder, split):
        arrangement = read_song(corpus, song)
        if arrangement is not None:
            yield arrangement


def pop909(folder: Path, split: Split = "train") -> Iterator[Arrangement]:
    """POP909 (Wang et al. 2020): melody, and PIANO split into bass and piano, BRIDGE as strings."""
    return load("pop909", folder, split)


def read_pop909_song(folder: Path) -> Arrangement:
    """One song of POP909, put on the beats of its `beat_midi.txt`.

    The beats are continued at their mean pace where the music goes on before or after them.
    """
    ticks = read_midi(folder / f"{folder.name}.mid")
    score: ScoreSecond = ticks.to("second")  # type: ignore[assignment]
    try:
        table = np.loadtxt(folder / "beat_midi.txt", ndmin=2)
    except (OSError, ValueError) as error:
        raise MidiError(f"{folder.name}: no beats in beat_midi.txt ({error})") from error
    beats, downbeats = table[:, 0], table[:, 2] > 0.5
    notes = {track.name: _seconds(track) for track in score.tracks}
    everything = np.concatenate(list(notes.values()))
    beats, downbeats = _continued(beats, downbeats, everything[:, 0].min(), everything[:, 1].max())
    melody = notes.get("MELODY", np.zeros((0, 4)))
    where = np.interp(melody[:, 0], beats, np.arange(len(beats)))
    feel, swing = measure_feel(where % 1)
    grid = grid_of_beats(beats, downbeats[:-1], feel=feel, swing=swing)
    bass, piano = split_left_hand(grid.quantise(notes.get("PIANO", np.zeros((0, 4)))))
    parts = {
        Role.BASS: bass,
        Role.PIANO: piano,
        Role.STRINGS: grid.quantise(notes.get("BRIDGE", np.zeros((0, 4)))),
    }
    band = {role: part for role, part in parts.items() if len(part)}
    return Arrangement(folder.name, grid, top_line(grid.quantise(melody)), band, "pop")


def _read_pop_band(path: Path) -> Arrangement:
    return _read_band_file(path, "pop")


def _read_rock_band(path: Path) -> Arrangement:
    return _read_band_file(path, "rock")


def _read_band_file(path: Path, style: str) -> Arrangement:
    score = read_midi(path)
    lead = melody_track(score)
    grid = written_grid(score, lead)
    band: dict[Role, Notes] = {}
    for role, indices in cast(score, lead).items():
        ticks = [notes_of_track(score.tracks[index]) for index in indices]
        part = grid.quantise(np.concatenate(ticks)) if ticks else no_notes()
        if role is Role.DRUMS:
            part = nearest_drums(part)
        if len(part):
            band[role] = part
    if Role.PIANO in band and Role.BASS not in band:
        band[Role.BASS], band[Role.PIANO] = split_left_hand(band[Role.PIANO])
    melody = top_line(grid.quantise(notes_of_track(score.tracks[lead])))
    return Arrangement(path.stem, grid, melody, band, style)


def _read_lied(path: Path) -> Arrangement:
    score = read_midi(path)
    grid = written_grid(score, 0)
    voice, *rest = [track for track in score.tracks if len(track.notes)]
    if not rest:
        raise MidiError(f"{path.name}: holds a voice and no piano")
    hands = grid.quantise(np.concatenate([notes_of_track(track) for track in rest]))
    bass, piano = split_left_hand(hands)
    melody = top_line(grid.quantise(notes_of_track(voice)))
    return Arrangement(path.stem, grid, melody, {Role.BASS: bass, Role.PIANO: piano}, "classical")


def _seconds(track: TrackSecond) -> npt.NDArray[np.float64]:
    columns = track.notes.numpy()
    start, length = columns["time"].astype(np.float64), columns["duration"].astype(np.float64)
    return np.column_stack([start, start + length, columns["pitch"], columns["velocity"]])


def _continued(
    beats: npt.NDArray[np.float64],
    downbeats: npt.NDArray[np.bool_],
    first: float,
    last: float,
) -> tuple[
    npt.NDArray[np.float64],
    npt.NDArray[np.bool_],
]:
    """Carry the beats on, in bars of four, to before `first` and past `last` (seconds)."""
    pace = float(np.median(np.diff(beats)))
    before = max(0, int(np.ceil((beats[0] - first) / pace)))
    after = max(1, int(np.ceil((last - beats[-1]) / pace)) + 1)
    after += -(len(beats) - int(np.flatnonzero(downbeats)[-1]) + after - 1) % 4
    early = beats[0] - pace * np.arange(before, 0, -1)
    late = beats[-1] + pace * np.arange(1, after + 1)
    lead = (np.flatnonzero(downbeats)[0] + np.arange(before, 0, -1)) % 4 == 0
    tail_first = len(beats) - np.flatnonzero(downbeats)[-1]
    tail = (tail_first + np.arange(after)) % 4 == 0
    return np.concatenate([early, beats, late]), np.concatenate([lead, downbeats, tail])


def _pop909_songs(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if (path / "beat_midi.txt").exists())


def _midi_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in (".mid", ".midi"))


def _ends_in_three(name: str) -> bool:
    return name.endswith("3")


def _one_in_ten(name: str) -> bool:
    return zlib.crc32(name.encode()) % 10 == 3


CORPORA = {
    corpus.name: corpus
    for corpus in (
        Corpus(
            "pop909",
            "pop",
            "https://github.com/music-x-lab/POP909-Dataset",
            "MIT",
            _pop909_songs,
            read_pop909_song,
            _ends_in_three,
        ),
        Corpus(
            "simutrans",
            "pop",
            "https://github.com/simutrans/simutrans",
            "Artistic-1.0",
            _midi_files,
            _read_pop_band,
            _one_in_ten,
        ),
        Corpus(
            "freedoom",
            "rock",
            "https://github.com/freedoom/freedoom",
            "BSD-3-Clause",
            _midi_files,
            _read_rock_band,
            _one_in_ten,
        ),
        Corpus(
            "lieder",
            "classical",
            "https://github.com/OpenScore/Lieder",
            "CC0-1.0",
            _midi_files,
            _read_lied,
            _one_in_ten,
        ),
    )
}
