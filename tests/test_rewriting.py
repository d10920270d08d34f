"""Parts beside parts that a file holds, and an earlier result of which some is written anew."""

import io

import mido
import numpy as np
import pytest
from bands import small_model
from songs import write_song

import musegan
from musegan.composing import Composer, Options
from musegan.errors import ConfigError, UsageError
from musegan.music.band import Role
from musegan.music.midi import parse, read_midi

BAR = 1920


@pytest.fixture(scope="module")
def composer(tmp_path_factory):
    return Composer(small_model(tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A melody, bass, piano and drums of another band."""
    path = tmp_path_factory.mktemp("song") / "song.mid"
    write_song(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def tune(source):
    """The melody alone."""
    file = mido.MidiFile(file=io.BytesIO(source))
    file.tracks = file.tracks[:2]
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def result(composer, tune):
    """What compose wrote for the melody."""
    return composer.compose(tune, Options(seed=1)).midi


def of(tick, first, after):
    """Whether a note belongs to a stretch of bars: drums may be early by .4 of a step, of 120 ticks."""
    return first <= tick + 48 < after


def played(data):
    """Notes by the name of their track, as a set of (tick, end, pitch, velocity)."""
    return {
        track.name: {(n.time, n.end, n.pitch, n.velocity) for n in track.notes}
        for track in read_midi(data).tracks
    }


def test_only_the_parts_that_are_missing_are_added(composer, source):
    song = composer.compose(source, Options(given=("piano", "drums", "bass")))
    names = [track.name for track in read_midi(song.midi).tracks]
    assert names == ["Melody", "Bass", "Piano", "Drums", "Guitar", "Strings"]
    assert source[14:] in song.midi
    assert set(song.arrangement.band) == set(Role)
    assert song.measures["notes"]["piano"] == 48


def test_what_is_given_is_heard(composer, source):
    options = {"tracks": ("guitar",), "seed": 4}
    beside = composer.compose(source, Options(given=("piano",), **options))
    alone = composer.compose(source, Options(**options))
    assert played(beside.midi)["Guitar"] != played(alone.midi)["Guitar"]


def test_the_band_plays_where_a_given_part_plays_before_the_melody(composer, source):
    file = mido.MidiFile(file=io.BytesIO(source))
    file.tracks[1].insert(1, mido.Message("control_change", control=7, value=90, time=4 * BAR))
    buffer = io.BytesIO()
    file.save(file=buffer)

    def first(given):
        song = composer.compose(buffer.getvalue(), Options(given=given, tracks=("guitar",)))
        return min(tick for tick, *_ in played(song.midi)["Guitar"])

    assert first(()) >= 4 * BAR
    assert first(("piano",)) < BAR


def test_a_piano_that_holds_the_melody_is_heard_as_both(composer, source):
    file = mido.MidiFile(file=io.BytesIO(source))
    file.tracks = [file.tracks[0], file.tracks[3]]  # the piano alone
    buffer = io.BytesIO()
    file.save(file=buffer)
    song = composer.compose(buffer.getvalue(), Options(given=("piano",), tracks=("bass",)))
    assert song.notices[0] == "the melody is the top line of Piano, which is the piano too"
    assert len(song.arrangement.melody) == 16
    assert len(song.arrangement.band[Role.PIANO]) == 32


def test_where_all_is_given_nothing_is_left_to_write(composer, source):
    with pytest.raises(UsageError, match="piano: all of the parts asked for are given"):
        composer.compose(source, Options(given=("piano",), tracks=("piano",)))


def test_bars_are_written_anew_and_nothing_else_changes(composer, result):
    song = composer.compose(result, Options(bars=(5, 8), seed=9))
    before, after = played(result), played(song.midi)
    assert list(after) == list(before)
    assert after["Melody"] == before["Melody"]
    for name in ("Drums", "Bass", "Piano", "Guitar", "Strings"):
        inside = {note for note in before[name] if of(note[0], 4 * BAR, 8 * BAR)}
        held = {note for note in before[name] - inside if note[0] < 4 * BAR < note[1]}
        assert before[name] - inside - held <= after[name]
        strikes = {(note[0], *note[2:]) for note in held}
        assert strikes <= {(note[0], *note[2:]) for note in after[name]}
        new = after[name] - before[name]
        assert all(note[0] < 8 * BAR for note in new)
    assert any(after[name] != before[name] for name in ("Bass", "Piano", "Drums"))
    assert song.notices == ["written anew: Drums, Bass, Piano, Guitar, Strings in bars 5 to 8"]


def test_only_the_named_parts_are_written_anew(composer, result):
    song = composer.compose(result, Options(bars=(2, 3), tracks=("bass", "drums"), seed=9))
    same = [
        a.body == b.body for a, b in zip(parse(result).chunks, parse(song.midi).chunks, strict=True)
    ]
    assert same == [True, True, False, False, True, True, True]


def test_the_same_seed_writes_the_same_bars_and_another_others(composer, result):
    first = composer.compose(result, Options(bars=(5, 6), seed=2)).midi
    assert composer.compose(result, Options(bars=(5, 6), seed=2)).midi == first
    assert composer.compose(result, Options(bars=(5, 6), seed=3)).midi != first


def test_what_comes_after_the_bars_is_heard(composer, result):
    """The same four bars, once with other music after them."""
    other = composer.compose(result, Options(bars=(9, 12), seed=5)).midi
    bars = [composer.compose(data, Options(bars=(5, 8), seed=2)).midi for data in (result, other)]

    def inside(data):
        return [note for notes in played(data).values() for note in notes if 4 * BAR <= note[0] < 8 * BAR]  # fmt: skip

    assert sorted(inside(bars[0])) != sorted(inside(bars[1]))


def test_a_part_that_rests_rests_on_unless_it_is_named(composer, tune):
    plain = composer.compose(tune, Options(tracks=("bass", "piano"), seed=1)).midi
    file = mido.MidiFile(file=io.BytesIO(plain))
    bass = file.tracks[2]
    tick, events = 0, []
    for message in bass:
        tick += message.time
        if message.type != "note_on" or tick < 4 * BAR:
            events.append((tick, message))
    file.tracks[2] = mido.MidiTrack()
    last = 0
    for tick, message in events:
        file.tracks[2].append(message.copy(time=tick - last))
        last = tick
    buffer = io.BytesIO()
    file.save(file=buffer)
    data = buffer.getvalue()

    def bass_in(options):
        notes = played(composer.compose(data, options).midi)["Bass"]
        return [note for note in notes if 8 * BAR <= note[0] < 10 * BAR]

    assert not bass_in(Options(bars=(9, 10)))
    assert bass_in(Options(bars=(9, 10), tracks=("bass",)))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"bars": (40, 44)}, "there is no bar 44; the song has bars 1 to 16"),
        ({"bars": (1, 2), "given": ("bass=Kazoo",)}, "no track for the bass is named 'Kazoo'"),
        ({"bars": (1, 2), "melody_track": "Bass"}, "track 3 is of the band; name another"),
    ],
)
def test_bars_and_tracks_that_are_not_there_are_refused(composer, result, options, says):
    with pytest.raises(UsageError, match=says):
        composer.compose(result, Options(**options))


def test_a_part_that_the_band_lacks_is_refused_with_what_to_do(composer, tune):
    duo = composer.compose(tune, Options(tracks=("bass", "drums"))).midi
    with pytest.raises(UsageError, match=r"the band has no guitar; it has drums, bass; add a part"):
        composer.compose(duo, Options(bars=(1, 2), tracks=("guitar",)))


def test_a_file_without_a_band_is_refused(composer, tune):
    with pytest.raises(UsageError, match="no track of a band is there"):
        composer.compose(tune, Options(bars=(1, 2)))


def test_a_variation_changes_a_share_of_half_bars(composer, result):
    before = played(result)

    def changed(share):
        song = composer.compose(result, Options(vary=share, seed=3))
        (notice,) = song.notices
        cells = int(notice.split(", ")[-1].split()[0])
        after = played(song.midi)
        cut = [
            {(note[0], *note[2:]) for note in notes[name]}
            for name in before
            for notes in (before, after)
        ]
        return cells, sum(len(a ^ b) for a, b in zip(cut[::2], cut[1::2], strict=True))

    few, some, all_of = changed(0.05), changed(0.3), changed(1)
    assert few[0] < some[0] < all_of[0]
    assert 0 < few[1] < some[1] < all_of[1]
    assert played(result)["Melody"] == before["Melody"]


def test_a_variation_can_stay_within_bars(composer, result):
    song = composer.compose(result, Options(vary=0.5, bars=(3, 4), seed=3))
    before, after = played(result), played(song.midi)
    for name, notes in before.items():
        outside = {(n[0], *n[2:]) for n in notes if not of(n[0], 2 * BAR, 4 * BAR)}
        assert outside == {(n[0], *n[2:]) for n in after[name] if not of(n[0], 2 * BAR, 4 * BAR)}
    assert after != before


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"bars": (4, 2)}, "bars=4:2: give the first and the last, from 1"),
        ({"vary": 1.5}, "vary=1.5 must lie above 0"),
        ({"given": ("kazoo",)}, "given=kazoo: choose from"),
        ({"share": 2}, "share=2 must lie between"),
    ],
)
def test_options_out_of_their_range_are_refused(options, says):
    with pytest.raises(ConfigError, match=says):
        Options(**options)


def test_python_has_all_of_it_in_one_call(tmp_path, tune, tmp_path_factory):
    model = small_model(tmp_path_factory.mktemp("model"))
    song = musegan.compose(tune, model=model)
    anew = musegan.compose(song.midi, model=model, bars=(2, 3), seed=5)
    beside = musegan.compose(song.midi, model=model, given=["piano"], tracks=["guitar"])
    varied = musegan.compose(song.midi, model=model, vary=0.2, seed=5)
    assert len({song.midi, anew.midi, beside.midi, varied.midi}) == 4


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (7, 8), (5, 4)])
def test_bars_of_any_metre_are_written_anew(composer, metre):
    bar = BAR * metre[0] // metre[1]
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack(
        [mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1])]
    )
    for k in range(12 * bar // 240):
        track.append(mido.Message("note_on", note=60 + k % 12, velocity=80))
        track.append(mido.Message("note_off", note=60 + k % 12, time=240))
    file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    first = composer.compose(buffer.getvalue()).midi
    song = composer.compose(first, Options(bars=(4, 5), seed=8))
    before, after = played(first), played(song.midi)
    for name, notes in before.items():
        strikes = {(n[0], *n[2:]) for n in notes if not of(n[0], 3 * bar, 5 * bar)}
        assert strikes == {(n[0], *n[2:]) for n in after[name] if not of(n[0], 3 * bar, 5 * bar)}
    assert after != before
    assert np.diff(song.arrangement.grid.step_ticks[song.arrangement.grid.bar_starts]).max() == bar
