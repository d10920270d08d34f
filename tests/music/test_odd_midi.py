"""Every odd file and every corpus, against symusic, mido and pretty_midi in the same process."""

import contextlib
import io
import random
import warnings
from pathlib import Path

import mido
import pretty_midi
import pytest
import symusic

from musegan.errors import MidiError
from musegan.music.midi import read_midi, standard_bytes


def by_symusic(data: bytes) -> int:
    return symusic.Score.from_midi(data).note_num()


def by_mido(data: bytes) -> int:
    events = [e for t in mido.MidiFile(file=io.BytesIO(data), clip=True).tracks for e in t]
    return sum(e.type == "note_on" and e.velocity > 0 for e in events)


def by_pretty_midi(data: bytes) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        song = pretty_midi.PrettyMIDI(io.BytesIO(data))
    return sum(len(instrument.notes) for instrument in song.instruments)


def test_each_odd_file_is_read_or_refused_in_one_line_and_at_least_as_well_as_by_others(
    shared_data: Path,
):
    paths = sorted(path for path in (shared_data / "odd-midi").rglob("*") if path.is_file())
    assert len(paths) >= 88
    refused = []
    for path in paths:
        data = path.read_bytes()
        best = -1  # refused
        for reader in (by_symusic, by_mido, by_pretty_midi):
            with contextlib.suppress(Exception):
                best = max(best, reader(data))
        try:
            count = read_midi(path).note_num()
        except MidiError as error:
            assert len(str(error).splitlines()) == 1 and path.name in str(error)
            refused.append(path.name)
            count = -1
        assert count >= best, path.name
    assert refused == [
        "LICENSE.md", "test-empty-file.mid", "test-not-a-midi-file.mid",
        "test-syx-7e-06-01-id-request.syx", "LICENSE",
    ]  # fmt: skip


@pytest.mark.parametrize("corpus", ["freedoom", "simutrans", "lieder", "pop909", "groove"])
def test_a_sample_of_each_corpus_is_read_whole_and_left_as_it_is(shared_data: Path, corpus: str):
    paths = sorted(p for p in (shared_data / corpus).rglob("*") if p.suffix.lower() == ".mid")
    for path in random.Random(0).sample(paths, 12):
        data = path.read_bytes()
        assert standard_bytes(path) == data
        if len(data) < 20_000:  # mido takes its time
            assert read_midi(path).note_num() == by_mido(data), path.name
