"""Other notes for some steps of a track; everything else in the file stays."""

import io

import mido
import numpy as np
import pytest

from musegan.errors import MidiError
from musegan.music.band import Role, notes_of_track
from musegan.music.grid import grid_of_metres
from musegan.music.midi import AddedTrack, add_tracks, parse, read_midi
from musegan.music.splicing import GONE, Edit, edit_of, splice, without_tracks

GRID = grid_of_metres([(0, 4, 4)], 1920 * 4, 480)  # a step is 120 ticks
ANEW = (np.arange(GRID.steps) >= 16) & (np.arange(GRID.steps) < 32)  # the second bar


def notes(*rows):
    return np.array(rows, np.int64).reshape(-1, 4)


def file_of(*tracks):
    buffer = io.BytesIO()
    mido.MidiFile(ticks_per_beat=480, tracks=[mido.MidiTrack()]).save(file=buffer)
    return add_tracks(buffer.getvalue(), tracks)


def messages(data, track):
    """What a third party reads: (tick, message without its time)."""
    tick, found = 0, []
    for message in mido.MidiFile(file=io.BytesIO(data)).tracks[track]:
        tick += message.time
        found.append((tick, message.copy(time=0)))
    return found


def edited(part, fresh, whole=None, role=Role.PIANO, anew=ANEW):
    whole = fresh if whole is None else whole
    return edit_of(part, whole, fresh, anew, role, GRID)


def test_what_begins_in_the_steps_goes_and_the_rest_keeps_its_very_ticks():
    part = notes((7, 470, 60, 81), (1925, 2000, 62, 82), (3000, 6000, 64, 83), (3841, 3990, 65, 84))
    edit = edited(part, notes((20, 24, 70, 50)))
    assert edit.ends.tolist() == [470, GONE, GONE, 3990]
    assert edit.added.tolist() == [[2400, 2880, 70, 50]]


def test_a_note_held_into_new_music_ends_at_the_border_unless_that_holds_it_on():
    part = notes((1440, 2500, 60, 80), (1440, 2500, 64, 80), (1440, 2500, 67, 80))
    whole = notes((12, 16, 60, 80), (12, 18, 64, 80), (12, 21, 67, 80))
    edit = edited(part, whole[:0], whole)
    assert edit.ends.tolist() == [1920, 2160, 2500]


def test_a_new_note_ends_with_the_steps_unless_it_takes_up_one_that_was_held_beyond():
    part = notes((3500, 4203, 60, 80))
    edit = edited(part, notes((30, 35, 60, 70), (30, 32, 62, 70)))
    assert edit.added.tolist() == [[3600, 4203, 60, 70], [3600, 3840, 62, 70]]


def test_a_bass_lets_go_where_the_next_note_begins_and_drums_are_never_cut():
    part = notes((1440, 2500, 40, 80))
    whole, fresh = notes((12, 21, 40, 80)), notes((18, 19, 43, 70))
    assert edited(part, fresh, whole, Role.BASS).ends.tolist() == [2160]
    assert edited(part, fresh, whole, Role.PIANO).ends.tolist() == [2500]
    assert edited(part, fresh, whole[:0], Role.DRUMS).ends.tolist() == [2500]


def test_every_other_event_of_the_file_stays():
    part = notes((0, 480, 60, 81), (1920, 2400, 62, 82), (3840, 4300, 64, 83))
    other = AddedTrack("Bass", 33, 1, part)
    before = file_of(AddedTrack("Piano", 4, 0, part), other)
    after = splice(before, [edited(part, notes((20, 24, 70, 50)))])
    changed = {(1920, "note_on", 62), (2400, "note_off", 62)}
    kept = [
        m for m in messages(before, 1) if (m[0], m[1].type, getattr(m[1], "note", 0)) not in changed
    ]
    new = [m for m in messages(after, 1) if m not in kept]
    assert [m for m in messages(after, 1) if m in kept] == kept
    assert [(tick, m.type, m.note, m.velocity) for tick, m in new] == [
        (2400, "note_on", 70, 50),
        (2880, "note_off", 70, 64),
    ]
    assert parse(after).chunks[2].body == parse(before).chunks[2].body


def test_controllers_and_running_status_of_another_program_are_kept():
    file = mido.MidiFile(ticks_per_beat=480)
    rows = [("control_change", 0), ("note_on", 0), ("note_on", 480), ("pitchwheel", 10), ("note_on", 1430), ("note_on", 100)]  # fmt: skip
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Piano")])
    for k, (kind, time) in enumerate(rows):
        values = {"control": 64, "value": 127} if kind == "control_change" else {}
        if kind == "note_on":
            values = {"note": 60, "velocity": 90 if k in (1, 4) else 0}
        track.append(mido.Message(kind, time=time, channel=3, **values))
    file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    data = buffer.getvalue()
    part = notes_of_track(read_midi(data).tracks[0])
    after = messages(splice(data, [edited(part, notes((20, 22, 72, 40)))]), 0)
    assert [(tick, m.type) for tick, m in after] == [
        (0, "track_name"),
        (0, "control_change"),
        (0, "note_on"),
        (480, "note_on"),
        (490, "pitchwheel"),
        (2400, "note_on"),
        (2640, "note_off"),
        (2640, "end_of_track"),
    ]


def test_no_edit_gives_the_very_bytes_of_what_was_written():
    part = notes((0, 480, 60, 81), (480, 900, 60, 82), (900, 1000, 60, 83))
    data = file_of(AddedTrack("Piano", 4, 0, part))
    assert splice(data, [Edit(part, part[:, 1], notes())]) == data


def test_a_part_that_shares_its_channel_asks_for_its_sound_around_new_notes_too():
    part = notes((0, 480, 60, 81), (1920, 2400, 62, 82), (3840, 4300, 64, 83))
    guest = AddedTrack("Piano", 4, 0, part, ((0, 40),))
    data = file_of(AddedTrack("Violin", 40, 0, notes((0, 7000, 90, 80))), guest)
    after = messages(splice(data, [edited(part, notes((20, 24, 70, 50)))]), 2)
    programs = [(tick, m.program) for tick, m in after if m.type == "program_change"]
    assert programs == [(0, 4), (0, 40), (2400, 4), (2400, 40), (3840, 4), (3840, 40)]


def test_a_track_among_others_in_one_chunk_is_found_by_its_notes():
    tune, part = notes((0, 480, 72, 90), (1920, 2400, 74, 90)), notes((1920, 2400, 62, 82))
    data = file_of(AddedTrack("", 0, 0, tune), AddedTrack("", 33, 1, part))
    merged = mido.MidiFile(file=io.BytesIO(data))
    joined = mido.merge_tracks(merged.tracks)
    single = mido.MidiFile(type=0, ticks_per_beat=480, tracks=[joined])
    buffer = io.BytesIO()
    single.save(file=buffer)
    after = splice(buffer.getvalue(), [edited(part, notes((20, 24, 50, 40)), role=Role.BASS)])
    sounding = {(n.time, n.pitch) for t in read_midi(after).tracks for n in t.notes}
    assert sounding == {(0, 72), (1920, 74), (2400, 50)}


def test_tracks_can_be_taken_out_whole():
    part = notes((0, 480, 60, 81))
    first, second = (
        AddedTrack("Tune", 4, 0, part),
        AddedTrack("Bass", 33, 1, notes((0, 480, 36, 81))),
    )
    assert without_tracks(file_of(first, second), [second.notes]) == file_of(first)
    with pytest.raises(MidiError, match="cannot be found again"):
        without_tracks(file_of(first), [second.notes])


def test_no_drum_is_struck_while_it_sounds_where_old_hits_and_new_ones_meet():
    part = notes((1840, 1980, 36, 80), (3880, 4000, 36, 80))
    fresh = notes((16, 17, 36, 90), (31, 32, 36, 90))
    delays = np.array([-0.2, 0.9])  # 24 ticks early, and 108 late, up to the hit that stays
    edit = edit_of(part, fresh, fresh, ANEW, Role.DRUMS, GRID, delays)
    assert edit.ends.tolist() == [1896, 4000]
    assert edit.added[:, :2].tolist() == [[1896, 2016], [3828, 3880]]
