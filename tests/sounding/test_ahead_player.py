"""A synth that plays live, by a hand-set clock: what it is told, and the sound that comes of its pieces."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from synthmodels import small_synth

from musegan.audio.casting import Seat
from musegan.audio.livesynth import LiveSynth
from musegan.audio.stream import FADE, RATE, Stream
from musegan.music.foresight import Foreseen, Telling
from musegan.sounding import ahead
from musegan.sounding.ahead import AheadPlayer, ahead_player, live_gain
from musegan.sounding.phrase import Phrase
from musegan.sounding.player import resampled

ORIGIN = 500.0  # seconds
BLOCK = 480  # frames
FLUTE, PIANO = 1, 2  # channels
SEATS = {FLUTE: Seat("flute", 73, 48, 84), PIANO: Seat("piano", 0, 48, 84)}
GAINS = {FLUTE: 1.0, PIANO: 1.0}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return small_synth(tmp_path_factory.mktemp("model"))


def note(pitch, begin, end, channel=FLUTE, velocity=90):
    """A note by seconds from the origin; a quarter a second."""
    return Foreseen(channel, pitch, velocity, ORIGIN + begin, ORIGIN + end, round(480 * begin))


def telling(number, notes, until):
    return Telling(number, notes, ORIGIN + until)


TUNE = [
    note(60 + 2 * n, 0.5 + 0.25 * n, 0.5 + 0.25 * n + (0.2 if n % 3 else 0.6)) for n in range(12)
]


class Live:
    """A player and the streams of its parts, in time."""

    def __init__(self, model, seats=SEATS, cost=0.005, seed=3):
        self.player = AheadPlayer(model, seats, GAINS, ORIGIN, seed)
        self.streams = {channel: Stream() for channel in seats}
        self.cost, self.frame, self.now = cost, 0, ORIGIN
        self.pieces, self.dues = [], []
        self.heard = {channel: [] for channel in seats}

    def run(self, seconds, tellings=()):
        """Play for so long; tellings come at seconds from the origin, as (seconds, telling)."""
        waiting = sorted(tellings, key=lambda each: each[0])
        for _ in range(round(seconds * RATE / BLOCK)):
            until = ORIGIN + self.frame / RATE
            while self.now <= until:
                while waiting and ORIGIN + waiting[0][0] <= self.now:
                    self.player.tell(waiting.pop(0)[1], self.now)
                made = self.player.render(self.now)
                self.now += self.cost
                if made is not None:
                    self.pieces.append((made[0], self.now))
                    self.dues += [(due, self.now) for due in made[1]]
                    self.streams[made[0].channel].put(made[0], self.frame)
            for channel, stream in self.streams.items():
                sound = stream.read(self.frame, BLOCK)
                self.heard[channel].append(np.zeros(BLOCK) if sound is None else sound)
            self.frame += BLOCK
        return {channel: np.concatenate(blocks) for channel, blocks in self.heard.items()}


def whole(model, player, notes, seconds, channel=FLUTE):
    """How notes sound that are known from the beginning, (frame,)."""
    part = player._parts[channel]
    rate, ordered = model.sizes.rate, sorted(notes, key=lambda n: (n.begin, n.pitch))
    onsets = np.array([round((n.begin - ORIGIN) * rate) for n in ordered])
    phrase = Phrase(
        pitches=np.array([n.pitch for n in ordered]),
        velocities=np.array([n.velocity for n in ordered]),
        onsets=onsets,
        lengths=np.array([round((n.end - ORIGIN) * rate) for n in ordered]) - onsets,
        latents=np.stack([part._latent((n.place, n.pitch)) for n in ordered]),
        timbre=model.timbres.index(SEATS[channel].timbre),
        seed=(3, channel, 0),
    )
    return resampled(model, phrase, 0, round(seconds * RATE))


def test_what_is_known_beforehand_sounds_as_it_does_in_one_piece(model):
    live = Live(model)
    heard = live.run(4.5, [(0.0, telling(1, TUNE, 4.5))])
    wanted = whole(model, live.player, TUNE, 4.5)
    assert np.abs(wanted).max() > 0.01
    first, last = round(0.5 * RATE), round(4.0 * RATE)
    np.testing.assert_allclose(heard[FLUTE][first:last], wanted[first:last], atol=2e-4)
    assert not heard[PIANO].any()


def test_notes_begin_to_the_sample_where_they_are_due(model):
    live = Live(model)
    alone = [note(72, 1.0, 1.3)]
    heard = live.run(2.0, [(0.8, telling(1, alone, 1.5))])[FLUTE]
    wanted = whole(model, live.player, alone, 2.0)
    onset = int(np.argmax(np.abs(wanted) > 0.1 * np.abs(wanted).max()))
    assert onset == pytest.approx(RATE, abs=RATE // 100)
    assert np.argmax(np.abs(heard) > 0.1 * np.abs(wanted).max()) == pytest.approx(onset, abs=2)


def test_a_band_told_half_bar_by_half_bar_is_nearly_the_whole_and_does_not_click(model):
    live = Live(model)
    ends, tellings = {n.place: n.end for n in TUNE}, []
    for number, border in enumerate(np.arange(0.5, 4.0, 0.5)):
        known = [n for n in TUNE if n.begin < ORIGIN + border + 0.5]
        known = [
            n._replace(end=n.end if ends[n.place] <= ORIGIN + border + 0.5 else math.inf)
            for n in known
        ]
        tellings.append((border - 0.1, telling(number + 1, known, border + 0.5)))
    heard = live.run(4.5, tellings)[FLUTE]
    wanted = whole(model, live.player, TUNE, 4.5)
    off = heard[: 4 * RATE] - wanted[: 4 * RATE]
    assert np.square(off).mean() < 0.01 * np.square(wanted).mean()
    assert np.abs(np.diff(heard)).max() < 1.1 * np.abs(np.diff(wanted)).max()
    assert len(live.dues) == len(TUNE)
    assert all(due - at > 0.05 for due, at in live.dues)


def test_the_nearest_is_rendered_first_and_pieces_grow(model):
    live = Live(model, cost=0.001)
    both = [*TUNE, note(48, 0.6, 4.0, PIANO)]
    live.run(0.2, [(0.1, telling(1, both, 4.0))])
    begins = [(p.first + FADE) / RATE for p, _ in live.pieces]
    assert begins == sorted(begins) and {p.channel for p, _ in live.pieces} == {FLUTE, PIANO}
    live = Live(model, cost=0.001)
    live.run(0.5, [(0.45, telling(1, [note(60, 0.5, 4.0)], 4.0))])
    lengths = [(len(p.samples) - FADE) / RATE for p, _ in live.pieces]
    assert lengths[0] == pytest.approx(ahead.LEAST_SECONDS, abs=1e-3)
    assert lengths[-1] == pytest.approx(ahead.LONG_SECONDS, abs=1e-3)
    assert lengths == sorted(lengths)


def test_no_more_is_rendered_than_is_needed_soon(model):
    live = Live(model, cost=0.001)
    live.run(0.5, [(0.0, telling(1, [note(60, 0.2, 60.0)], 60.0))])
    last = max(p.last for p, _ in live.pieces) / RATE
    assert 0.5 + ahead.SAFE_SECONDS < last < 0.5 + ahead.MOST_SECONDS + 0.01
    before = len(live.pieces)
    live.run(3.0)
    assert len(live.pieces) - before < 3.0 / ahead.LONG_SECONDS + 2


def test_where_nothing_sounds_nothing_is_rendered(model):
    live = Live(model)
    live.run(1.0, [(0.0, telling(1, [], 60.0))])
    assert live.pieces == []
    live.run(2.0, [(1.0, telling(2, [note(60, 1.5, 1.7)], 60.0))])
    assert max(p.last for p, _ in live.pieces) < 2.6 * RATE


def test_little_is_rendered_beyond_what_is_known(model):
    live = Live(model)
    live.run(0.5, [(0.0, telling(1, [note(60, 0.2, math.inf)], 0.7))])
    last = max(p.last for p, _ in live.pieces) / RATE
    assert last == pytest.approx(0.7 + ahead.BEYOND_SECONDS, abs=0.01)
    live.run(0.1, [(0.5, telling(2, [note(60, 0.2, math.inf)], 2.5))])
    assert max(p.last for p, _ in live.pieces) / RATE > 1.2


@pytest.mark.parametrize("end", [math.inf, 3.0])
def test_what_sounds_goes_on_though_nothing_more_is_told(model, end):
    live = Live(model)
    heard = live.run(2.5, [(0.0, telling(1, [note(60, 0.2, end)], 0.7))])[FLUTE]
    wanted = whole(model, live.player, [note(60, 0.2, 10.0)], 2.5)
    at = slice(round(0.3 * RATE), round(2.4 * RATE))
    np.testing.assert_allclose(heard[at], wanted[at], atol=2e-4)


def test_what_is_told_again_unchanged_is_not_rendered_again(model):
    live = Live(model)
    held = [note(60, 0.2, 3.0)]
    live.run(1.2, [(0.0, telling(1, held, 3.0)), (0.9, telling(2, held, 3.0))])
    begins = [p.first for p, _ in live.pieces]
    assert all(later - first > 4000 for first, later in pairwise(begins))
    assert live.pieces[-1][0].telling == 2


def test_a_new_end_makes_anew_what_is_after_it_and_nothing_before(model):
    live = Live(model)
    live.run(1.0, [(0.0, telling(1, [note(60, 0.2, math.inf)], 5.0))])
    before = len(live.pieces)
    heard = live.run(1.5, [(1.0, telling(2, [note(60, 0.2, 1.5)], 5.0))])[FLUTE]
    assert min(p.first for p, _ in live.pieces[before:]) >= round(1.5 * RATE) - FADE - 10
    wanted = whole(model, live.player, [note(60, 0.2, 1.5)], 2.5)
    at = round(1.55 * RATE)
    np.testing.assert_allclose(heard[at : at + 4800], wanted[at : at + 4800], atol=1e-3)
    assert np.abs(heard[round(2.4 * RATE) :]).max() < 1e-3


def test_a_telling_that_comes_late_is_played_from_where_it_can_be(model):
    live = Live(model)
    heard = live.run(1.5, [(0.6, telling(1, [note(60, 0.5, 1.2)], 2.0))])[FLUTE]
    assert not heard[: round(0.59 * RATE)].any()
    wanted = whole(model, live.player, [note(60, 0.5, 1.2)], 1.5)
    at = slice(round(0.7 * RATE), round(1.2 * RATE))
    np.testing.assert_allclose(heard[at], wanted[at], atol=2e-4)
    ((due, came),) = live.dues
    assert came - due > 0.1


def test_the_same_seed_plays_the_same_and_another_does_not(model):
    tellings = [(0.0, telling(1, TUNE[:3], 2.0))]
    one, same = (Live(model).run(1.5, tellings)[FLUTE] for _ in range(2))
    np.testing.assert_array_equal(one, same)
    other = Live(model, seed=4).run(1.5, tellings)[FLUTE]
    assert np.abs(one - other).max() > 0.01 * np.abs(one).max()


def test_pieces_say_which_notes_sound_in_them_and_what_was_known(model):
    live = Live(model)
    live.run(1.2, [(0.0, telling(7, TUNE[:3], 2.0))])
    assert {p.telling for p, _ in live.pieces} == {7}
    for piece, _ in live.pieces:
        for key, begin in piece.notes:
            (found,) = [n for n in TUNE if n.pitch == key]
            assert begin == round((found.begin - ORIGIN) * RATE)
    assert {key for piece, _ in live.pieces for key, _ in piece.notes} == {60, 62, 64}


def test_a_part_is_about_as_loud_as_the_live_soundfont_plays_it(model):
    pytest.importorskip("tinysoundfont", reason="pip install --no-deps tinysoundfont")
    live = LiveSynth()
    seat = SEATS[FLUTE]
    gain = live_gain(model, seat, live)
    assert gain > 0
    louder = small_louder(model)
    assert live_gain(louder, seat, live) == pytest.approx(gain / 2, rel=1e-3)
    player = ahead_player(model, SEATS, ORIGIN, 3, None)
    assert player._parts[FLUTE]._gain == pytest.approx(gain, rel=1e-3)


def small_louder(model):
    """The same synth, twice as loud."""

    class Twice:
        reach = model.generator.reach

        def __call__(self, *told):
            return 2 * model.generator(*told)

    return replace(model, generator=Twice())
