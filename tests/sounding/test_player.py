"""A synth that plays songs: exact to the sample, the same however it is cut, as loud as wanted."""

from itertools import pairwise

import numpy as np
import pytest
from performances import control, named, note, performance, program
from synthmodels import RATE, TIMBRES, small_synth, synth_release

from musegan.audio.casting import Wish, cast, wish_of
from musegan.audio.soundfont import find_soundfont
from musegan.audio.synthesizer import SYNTH_RATE
from musegan.audio.voices import voices_of
from musegan.errors import CheckpointError, UsageError
from musegan.sounding.opening import open_synth
from musegan.sounding.phrase import layers_of, noise_of, phrase_of, sound_of
from musegan.sounding.player import (
    PIECE_SECONDS,
    SynthPlayer,
    add_voice,
    casting_of,
    gain_of,
    open_player,
    resampled,
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return small_synth(tmp_path_factory.mktemp("model"))


def tune(*settings):
    """Six seconds of notes, some of them long."""
    notes = [event for n in range(10) for event in note(600 * n, 500 + 90 * n, 60 + n)]
    return voices_of(performance([program(73), *settings, *notes]))[0]


def level(sound):
    return 10 * np.log10(np.square(sound, dtype=np.float64).mean() + 1e-12)


def test_a_voice_becomes_notes_exact_to_the_sample(model):
    (voice,) = voices_of(performance([*note(0, 480, 60), *note(481, 479, 64, velocity=30)]))
    phrase = phrase_of(voice, model, "flute", (7,))
    assert phrase.onsets.tolist() == [0, round(481 / 960 * RATE)]
    assert (phrase.onsets + phrase.lengths).tolist() == [RATE // 2, RATE]
    assert phrase.pitches.tolist() == [60, 64]
    assert phrase.velocities.tolist() == [90, 30]
    assert phrase.timbre == TIMBRES.index("flute")


@pytest.mark.parametrize("system", ["synth", "hifigan"])
@pytest.mark.parametrize("cuts", [(8_000, 20_000), (1, 333, 13_337, 13_400)])
def test_pieces_that_follow_one_another_are_the_whole(tmp_path, system, cuts):
    model, last = small_synth(tmp_path, system), 52_000
    phrase = phrase_of(tune(), model, "flute", (7,))
    whole = sound_of(model, phrase, 0, last)
    edges = [0, *cuts, last]
    parts = [sound_of(model, phrase, a, b) for a, b in pairwise(edges)]
    assert np.abs(whole).max() > 0.01
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=2e-6 * np.abs(whole).max() + 2e-6)


def test_pieces_at_48_khz_have_no_seams(model):
    phrase = phrase_of(tune(), model, "flute", (7,))
    parts = [resampled(model, phrase, 0, 4806), resampled(model, phrase, 4806, 283_194)]
    whole = resampled(model, phrase, 0, 288_000)
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)


def test_many_notes_at_once_are_played_in_smaller_pieces(model, monkeypatch):
    phrase = phrase_of(tune(), model, "flute", (7,))
    whole = sound_of(model, phrase, 0, 16_000)
    monkeypatch.setattr("musegan.sounding.phrase.MOST", 10_000)
    np.testing.assert_allclose(sound_of(model, phrase, 0, 16_000), whole, atol=1e-5)


def test_a_voice_of_more_notes_than_a_synth_has_learned_is_played_in_layers(model):
    most = model.experiment.data.notes
    keys = [event for n in range(3 * most) for event in note(10 * n, 960, 40 + n)]
    (voice,) = voices_of(performance([*keys, *note(3 * 960, 480)]))
    phrase = phrase_of(voice, model, "piano", (7,))
    layers = layers_of(model, phrase)
    assert [len(layer.pitches) for layer in layers] == [most + 1, most, most]
    pitches = np.concatenate([layer.pitches for layer in layers])
    assert sorted(pitches) == sorted(phrase.pitches)
    assert len({layer.seed for layer in layers}) == 3
    (alone,) = layers_of(model, phrase_of(tune(), model, "flute", (7,)))
    assert len(alone.pitches) == 10


def test_noise_is_that_of_its_frame_and_seed():
    whole = noise_of((1, 2), -10, 200, 8)
    assert whole.shape == (200, 8)
    assert np.array_equal(noise_of((1, 2), 60, 30, 8), whole[70:100])
    assert not np.array_equal(noise_of((1, 3), 60, 30, 8), whole[70:100])


def test_another_seed_is_another_sound(model):
    first, second, again = (
        sound_of(model, phrase_of(tune(), model, "flute", (seed,)), 0, 8_000) for seed in (1, 2, 1)
    )
    assert np.array_equal(first, again)
    assert not np.allclose(first, second)


def test_a_note_begins_where_it_is_written(model):
    (voice,) = voices_of(performance(note(960, 480)))
    sound = sound_of(model, phrase_of(voice, model, "piano", (0,)), 0, 2 * RATE)
    reach = model.sizes.window
    assert np.abs(sound[: RATE - reach]).max() < 1e-7
    assert level(sound[RATE : RATE + 400]) > -60


def voices():
    return voices_of(
        performance(
            [named("Lead"), program(73), *note(0, 480)],
            [named("Keys"), program(0, 1), *note(0, 480, channel=1)],
            [named("Zap"), program(103, 2), *note(0, 480, channel=2)],
            [named("Drums"), *note(0, 480, 38, channel=9)],
        )
    )


def test_voices_get_the_nearest_timbre_or_that_which_is_asked_for():
    assert cast(voices(), [], TIMBRES) == ["flute", "piano", None, None]
    assert cast(voices(), [Wish("piano")], TIMBRES) == ["piano", "piano", "piano", None]
    wishes = [wish_of("zap=flute", TIMBRES), wish_of("2=Flute", TIMBRES), Wish("piano")]
    assert cast(voices(), wishes, TIMBRES) == ["piano", "flute", "flute", None]


@pytest.mark.parametrize("wanted", ["Drums=piano", "4=piano", "Tuba=piano"])
def test_a_track_that_is_not_there_is_answered_by_those_that_are(wanted):
    with pytest.raises(UsageError, match=r"no track .* are: 1 Lead, 2 Keys, 3 Zap$"):
        cast(voices(), [wish_of(wanted, TIMBRES)], TIMBRES)


@pytest.mark.parametrize("wanted", ["kazoo", "Lead=kazoo", "=piano"])
def test_a_timbre_that_is_not_known_is_answered_by_those_that_are(wanted):
    with pytest.raises(UsageError, match=r"this synth's are piano, flute$"):
        wish_of(wanted, TIMBRES)


def test_a_model_that_is_no_synth_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="holds no synth; `musegan compose` uses it"):
        open_synth("band")
    with pytest.raises(CheckpointError, match="nowhere"):
        open_synth(str(tmp_path / "nowhere"))
    player = open_player(str(synth_release(tmp_path / "m.safetensors")), ["flute"], 3)
    voices = voices_of(performance([program(0), *note(0, 480)], [*note(0, 480, 38, channel=9)]))
    assert player.casting(voices) == ["flute", None]
    assert player.name.startswith("m.safetensors (sha256 ")


def test_a_voice_is_laid_down_with_its_channels_levels(model):
    soft, plain = tune(control(0, 7, 50), control(0, 10, 127)), tune()
    sounds = []
    for voice in (plain, soft):
        whole = np.zeros((2, 3 * SYNTH_RATE), np.float32)
        add_voice(whole, model, phrase_of(voice, model, "flute", (0,)), voice, 1.0)
        sounds.append(whole)
    np.testing.assert_allclose(sounds[1][1], 0.25 * 2**0.5 * sounds[0][1], atol=1e-6)
    np.testing.assert_allclose(sounds[1][0], 0, atol=1e-6)
    assert np.array_equal(sounds[0][0], sounds[0][1])
    assert sounds[0][0, 0] == 0


def test_a_synth_is_as_loud_as_the_soundfont(model):
    pytest.importorskip("midirenderer", reason="pip install midirenderer")
    from musegan.audio.soundfont import _play

    parts = [program(73), control(0, 91, 0)]
    parts += [event for n in range(4) for event in note(1920 * n, 480, 72)]
    played = performance(parts)
    (voice,) = voices_of(played)
    theirs, ours = np.zeros((2, 2, 5 * SYNTH_RATE), np.float32)
    _play(theirs, played, find_soundfont(), 1)
    phrase = phrase_of(voice, model, "flute", (0,))
    add_voice(ours, model, phrase, voice, gain_of(model, phrase, voice, find_soundfont()))
    assert level(ours) == pytest.approx(level(theirs), abs=1.0)


def test_a_player_plays_what_it_has_timbres_for_and_tells_which(model):
    pytest.importorskip("midirenderer", reason="pip install midirenderer")
    played = performance(
        [program(73), *note(0, 480)],
        [*note(0, 480, 38, channel=9)],
        [program(0, 1), *note(480, 480, channel=1)],
    )
    whole = np.zeros((2, (PIECE_SECONDS + 1) * SYNTH_RATE), np.float32)
    mine = SynthPlayer(model, casting_of(model)).lay_down(whole, played, find_soundfont())
    channels = {e.note: e.message[0] & 15 for e in played.events if e.note >= 0}
    assert [channels[n] != 9 for n in range(3)] == mine.tolist()
    assert level(whole[:, : SYNTH_RATE // 2]) > -60
