import json
from dataclasses import asdict, replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from musegan.errors import UsageError
from musegan.evaluate.report import readiness
from musegan.evaluate.table import OURS, evaluate_band, judged_roles, print_report
from musegan.music.arrangement import Arrangement, no_notes
from musegan.music.band import Role
from musegan.music.grid import grid_of_metres

PROGRESSION = ((0, 4, 7), (9, 0, 4), (5, 9, 0), (7, 11, 2))


def song(seed, bars=8):
    """A song of triads in a key of its own, the melody in the chord, with a bass and a piano."""
    random = np.random.default_rng(seed)
    key = int(random.integers(12))
    melody, bass, piano = [], [], []
    for bar in range(bars):
        chord = PROGRESSION[(bar + seed) % 4]
        start = bar * 16
        for beat in range(4):
            pitch = 72 + (chord[int(random.integers(3))] + key) % 12
            melody.append((start + beat * 4, start + beat * 4 + 4, pitch, 90))
        bass.append((start, start + 16, 36 + (chord[0] + key) % 12, 80))
        for half in (0, 8):
            if random.random() < 0.8:
                tones = sorted(48 + (tone + key) % 12 for tone in chord)
                piano += [(start + half, start + half + 8, tone, 70) for tone in tones]
    grid = grid_of_metres([(0.0, 4, 4)], bars * 4 * 480 - 1, 480)
    band = {Role.BASS: np.array(bass, np.int64), Role.PIANO: np.array(piano, np.int64)}
    return Arrangement(f"song {seed}", grid, np.array(melody, np.int64), band)


SONGS = [song(seed) for seed in range(12)]


@pytest.fixture(scope="module")
def report():
    return evaluate_band(SONGS, lambda arrangement, seed: arrangement.band, seeds=(0, 1))


def test_the_real_band_agrees_better_than_any_wrong_one(report):
    real = report.row("real").per_step
    for wrong in ("another song", "tritone off", "causal chords"):
        other = report.row(wrong).per_step
        assert other.centroid_distance > real.centroid_distance
        assert other.pitch_consonance < real.pitch_consonance
        assert other.notes_in_chord < real.notes_in_chord
        assert other.tonal_distance > real.tonal_distance


def test_a_generator_that_gives_the_real_band_cannot_be_told_apart(report):
    ours = report.row(OURS)
    real = report.row("real")
    assert asdict(ours.per_beat) == pytest.approx(asdict(real.per_beat))
    for role in real.texture:
        assert asdict(ours.texture[role]) == pytest.approx(asdict(real.texture[role]), nan_ok=True)
    assert ours.frechet == pytest.approx(0, abs=1e-6)
    assert ours.told_apart.accuracy == 0.5
    assert report.row("block chords").told_apart.accuracy > 0.5


def test_the_floor_is_the_real_rows_distance(report):
    assert report.floor == report.row("real").frechet > 0
    another = report.row("another song")
    assert another.ratio == pytest.approx(another.frechet / report.floor)


def test_the_report_is_plain_json_without_nan(report):
    text = json.dumps(report.as_json(), allow_nan=False)
    loaded = json.loads(text)
    assert loaded["songs"] == 12
    assert loaded["judged"] == ["bass", "piano"]
    assert loaded["rows"][1]["texture"]["bass"]["empty_bars"] == 0


def shown(report):
    out = StringIO()
    print_report(report, Console(file=out, width=160))
    return out.getvalue()


def test_the_tables_fit_160_columns(report):
    lines = shown(report).splitlines()
    assert max(map(len, lines)) <= 160
    assert not any("…" in line for line in lines)
    for row in report.rows:
        assert any(row.name in line for line in lines)


def test_a_generator_that_gives_the_real_band_repeats_and_copies_as_it_does(report):
    ours, real = report.row(OURS).structure, report.row("real").structure
    for role, each in real.patterns.items():
        assert asdict(ours.patterns[role]) == pytest.approx(asdict(each), nan_ok=True)
    assert ours.two_bands.notes == 0  # two seeds play the same
    assert ours.from_real.notes == 0
    assert report.row("tritone off").structure.from_real.notes == 1
    assert report.training_songs == {}
    assert ours.copies == {}


def test_without_training_songs_the_report_says_that_copies_were_not_looked_for(report):
    assert "Copies were not looked for" in shown(report)


def test_with_training_songs_the_longest_shared_runs_are_told():
    training = {Role.BASS: [SONGS[0].band[Role.BASS]]}
    found = evaluate_band(SONGS, lambda a, s: a.band, classify=False, training=training)
    ours = found.row(OURS).structure.copies
    assert ours.keys() == {Role.BASS}
    assert ours[Role.BASS].most == 8  # the song that was learned, a note a bar
    assert found.training_songs == {Role.BASS: 1}
    assert "(bass 1)" in shown(found)


def test_roles_that_a_song_lacks_are_not_judged():
    def with_strings(arrangement, seed):
        return {**arrangement.band, Role.STRINGS: np.array([[0, 128, 61, 80]], np.int64)}

    report = evaluate_band(SONGS, with_strings, classify=False)
    assert report.row(OURS).per_beat == report.row("real").per_beat
    assert Role.STRINGS not in report.row(OURS).texture
    assert report.row(OURS).told_apart is None


def test_a_dead_track_shows_as_empty_bars():
    def without_bass(arrangement, seed):
        return {Role.PIANO: arrangement.band[Role.PIANO]}

    ours = evaluate_band(SONGS, lambda a, s: {**without_bass(a, s), Role.BASS: no_notes()},
                         classify=False).row(OURS)  # fmt: skip
    assert ours.texture[Role.BASS].empty_bars == 1
    missing = evaluate_band(SONGS, without_bass, classify=False).row(OURS)
    assert missing.texture[Role.BASS].empty_bars == 1


def test_judged_are_bass_piano_and_guitar_where_the_corpus_has_them():
    assert judged_roles(SONGS) == (Role.BASS, Role.PIANO)
    strings = [Arrangement("s", one.grid, one.melody, {Role.STRINGS: no_notes()}) for one in SONGS]
    assert judged_roles(strings) == (Role.STRINGS,)


def test_too_few_songs_are_refused_in_one_line():
    with pytest.raises(UsageError, match=r"^1 songs have a melody and bass or piano; .* needs 2"):
        evaluate_band(SONGS[:1], lambda arrangement, seed: arrangement.band)
    with pytest.raises(UsageError, match="0 seeds"):
        evaluate_band(SONGS, lambda arrangement, seed: arrangement.band, seeds=())


def test_readiness_tells_what_was_in_time_and_how_long_it_took():
    seconds = [0.004] * 97 + [0.010, 0.020, 0.100]
    ready = readiness(seconds, 100.0)
    assert (ready.answers, ready.in_time, ready.max_ms) == (100, 0.99, 100.0)
    assert ready.p50_ms == pytest.approx(4.0)
    assert 10 < ready.p99_ms < 100
    assert readiness([], 100.0) is None


def test_readiness_is_told_below_the_tables_and_in_json(report):
    ready = replace(report, readiness=readiness([0.004, 0.2], 100.0))
    out = StringIO()
    print_report(ready, Console(file=out, width=160))
    assert "of 2 cells 50.00 % were ready in time" in " ".join(out.getvalue().split())
    assert ready.as_json()["readiness"]["in_time"] == 0.5
    assert report.as_json()["readiness"] is None
