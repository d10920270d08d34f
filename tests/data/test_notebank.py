"""The bank of notes: rendered from the bundled SoundFont, and read."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from notebanks import KEYS, RATE, RELEASES, small_bank, write_bank

from musegan.data import notebank
from musegan.data.notebank import LONGEST, Timbre, open_notes, prepare_notes, release_of, rendered
from musegan.errors import CorpusError

SOUNDFONT = Path(importlib.util.find_spec("pretty_midi").origin).parent / "TimGM6mb.sf2"


def test_a_bank_is_written_and_read(tmp_path, monkeypatch):
    monkeypatch.setattr(
        notebank, "TIMBRES", {"flute": Timbre(73, 69, 75), "bass": Timbre(33, 33, 36)}
    )
    line = prepare_notes(tmp_path / "notes", 24_000, SOUNDFONT)
    assert line == f"{tmp_path / 'notes'}: 10 notes of 2 timbres from TimGM6mb.sf2"
    bank = open_notes(tmp_path / "notes")
    assert bank.sounds.shape == (10, 60_000)
    assert bank.keys == ((69, 72, 75), (33, 36))
    assert bank.first == (0, 6)
    assert np.abs(bank.sounds).max() == pytest.approx(0.9 * 32768, abs=2)
    spectrum = np.abs(np.fft.rfft(bank.sounds[1, 24_000:48_000]))
    assert abs(int(spectrum[300:600].argmax()) + 300 - 440) <= 3  # the flute's A, in Hz


def test_a_soft_note_is_softer_by_the_square_of_its_velocity():
    soft, loud = rendered(SOUNDFONT, Timbre(73, 72, 72), 24_000)
    ratio = np.linalg.norm(soft) / np.linalg.norm(loud)
    assert ratio == pytest.approx((60 / 110) ** 2, rel=0.1)


def test_an_organ_ends_at_once_and_a_vibraphone_rings_on():
    assert (
        release_of(SOUNDFONT, Timbre(16, 48, 72)) < 0.05 < release_of(SOUNDFONT, Timbre(11, 53, 77))
    )


def test_what_rings_on_for_longer_than_a_bank_can_say_is_damped():
    assert release_of(SOUNDFONT, Timbre(14, 60, 72)) == LONGEST  # bells


def test_timbres_are_chosen_by_name_and_in_order(tmp_path):
    write_bank(tmp_path)
    bank = open_notes(tmp_path, ("high", "low"))
    assert bank.timbres == ("high", "low")
    assert bank.keys == (tuple(KEYS["high"]), tuple(KEYS["low"]))
    assert bank.releases == (RELEASES["high"], RELEASES["low"])
    assert np.array_equal(bank.sounds[-2 * len(KEYS["low"]) :], small_bank(tmp_path).sounds[:22])
    assert bank.sounds.shape[1] == RATE


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(CorpusError, match="run `musegan prepare notes`"):
        open_notes(tmp_path)
    write_bank(tmp_path)
    with pytest.raises(CorpusError, match=r": has no tuba; there are low, high$"):
        open_notes(tmp_path, ("tuba",))
    (tmp_path / "low.flac").write_bytes(b"no sound")
    with pytest.raises(CorpusError, match="no whole bank"):
        open_notes(tmp_path)
    facts = json.loads((tmp_path / "bank.json").read_text())
    del facts["rate"]
    (tmp_path / "bank.json").write_text(json.dumps(facts))
    with pytest.raises(CorpusError, match="no whole bank"):
        open_notes(tmp_path)
    with pytest.raises(CorpusError, match="no file; give a SoundFont"):
        prepare_notes(tmp_path, 24_000, tmp_path / "none.sf2")
