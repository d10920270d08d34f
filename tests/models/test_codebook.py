"""Which entry of a codebook is played for a latent."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import layer_norm

from musegan.models.cells import BandCells
from musegan.models.codebook import (
    CLASH,
    HABIT,
    KINDS,
    LEAP,
    ROOT,
    STEP,
    Codebook,
    heights,
    kinds,
    roots,
)

ANY = torch.zeros(2)


def codebook_of(entries=20, seed=0):
    """Entries of two styles, the first ten of one, the others of the other."""
    latents = layer_norm(torch.randn(entries, 8, generator=torch.manual_seed(seed)), (8,))
    planes = torch.zeros(entries, 2, 8, 84, dtype=torch.uint8)
    planes[torch.arange(entries), 0, 0, torch.arange(entries)] = 1  # each strikes a note of its own
    styles = torch.stack([torch.arange(entries) < 10, torch.arange(entries) >= 10], 1)
    return Codebook(planes, latents, styles, torch.zeros(entries, 2))


def test_an_entry_is_nearest_to_its_own_latent():
    book = codebook_of()
    assert book.nearest(book.latents, ANY).tolist() == list(range(20))


def test_of_other_latents_the_nearest_by_distance_is_taken():
    book, latents = codebook_of(), layer_norm(torch.randn(30, 8), (8,))
    assert torch.equal(book.nearest(latents, ANY), torch.cdist(latents, book.latents).argmin(1))


def test_a_style_is_played_from_its_own_entries():
    book = codebook_of()
    first, second = torch.eye(2)
    assert book.nearest(book.latents, first).max() < 10
    assert book.nearest(book.latents, second).min() >= 10
    each = torch.eye(2).repeat_interleave(10, 0).flip(0)  # of every cell another style than its own
    assert (book.nearest(book.latents, each) < 10).tolist() == [False] * 10 + [True] * 10


def test_a_role_with_a_codebook_plays_entries_and_one_without_what_its_decoder_holds_for_likely():
    cells = BandCells(("bass", "piano"), latent=8, width=8, hidden=16)
    cells.codebooks["bass"] = codebook_of()
    latents = torch.randn(5, 8)
    played = cells.play("bass", latents, ANY)
    assert played.flatten(1).sum(1).tolist() == [1] * 5
    assert torch.equal(cells.play("piano", latents, ANY), cells.decode("piano", latents) > 0)


def test_an_entry_that_only_holds_on_is_played_where_there_is_something_to_hold():
    book = codebook_of()
    book.planes[3] = 0
    book.planes[3, 1, :, 40] = 1  # held from before
    latents, silent, held = book.latents[3:4], torch.zeros(84), torch.zeros(84)
    held[40] = 1
    assert book.nearest(latents, ANY, held=held).item() == 3
    assert book.nearest(latents, ANY, held=silent).item() != 3
    assert book.nearest(latents, ANY, held=1 - held).item() != 3


def test_an_entry_of_the_harmony_that_is_to_be_left_alone_is_not_taken_however_it_lies():
    book = codebook_of()
    book.planes[:] = 0
    book.planes[torch.arange(20), 0, 0, torch.arange(20)] = 1  # entry k sounds pitch k
    book.planes[16, 0, 4, 5] = 1  # and another, later
    book.planes[19] = 0  # a rest
    left = torch.zeros(12)
    left[[0, 4, 7]] = 1
    nearest = book.nearest(book.latents, ANY, left=left).tolist()
    away = {0, 4, 7, 12}
    assert [k for k, found in enumerate(nearest) if found != k] == sorted(away)
    assert not away & set(nearest)
    assert book.nearest(book.latents, ANY, left=torch.zeros(12)).tolist() == list(range(20))


def test_a_rhythm_is_departed_from_only_for_what_is_much_nearer():
    book = codebook_of()
    book.planes[:] = 0
    book.planes[torch.arange(20), 0, torch.arange(20) % 8, 0] = 1  # entry k begins at step k of 8
    rhythm = torch.eye(8)[2:3]
    likeness = book.latents[:1] @ book.latents.T
    differs = 2.0 * (torch.arange(20) % 8 != 2)
    assert book.nearest(book.latents[:1], ANY, rhythm).item() == int(
        (likeness - HABIT * differs).argmax()
    )
    assert book.nearest(book.latents[:1], ANY, torch.zeros(1, 8)).item() == 0  # none began: no say
    firm = book.nearest(book.latents, ANY, rhythm.expand(20, 8), firm=True)
    assert (firm % 8 == 2).all()  # nothing here is so much nearer that another rhythm is played
    assert not (book.nearest(book.latents, ANY, rhythm.expand(20, 8)) % 8 == 2).all()


def test_a_price_keeps_an_entry_from_being_played_in_its_style_until_it_is_that_much_nearer():
    book, first = codebook_of(), torch.eye(2)[0]
    likeness = book.latents[:10] @ book.latents[3]
    lead = float(likeness[3] - likeness[[0, 1, 2, 4, 5, 6, 7, 8, 9]].max())
    for price, played in ((0.9 * lead, True), (1.1 * lead, False)):
        prices = torch.zeros(20, 2)
        prices[3, 0] = price
        priced = replace(book, prices=prices)
        assert (priced.nearest(book.latents[3:4], first).item() == 3) == played
        assert priced.nearest(book.latents[3:4], ANY).item() == 3  # without a style nothing is dear


def test_a_song_that_lies_higher_is_played_from_lower_entries():
    book = replace(codebook_of(), latents=torch.ones(20, 8))  # all as near
    first, second = torch.eye(2)
    for style, lowest, highest in ((first, 0, 9), (second, 10, 19), (ANY, 0, 19)):
        assert book.nearest(book.latents[:1], style, lift=12).item() == lowest
        assert book.nearest(book.latents[:1], style, lift=-12).item() == highest
    assert book.nearest(book.latents[:2], torch.eye(2), lift=12).tolist() == [0, 10]


def test_no_entry_is_nearer_for_lying_farther_on_the_other_side():
    book = replace(codebook_of(), latents=torch.ones(20, 8))
    farther = book.farther(3)[:10, 0]  # heights from -4.5 to 4.5
    assert (farther[:2] == farther[0]).all()  # both three semitones nearer or more
    assert (farther[1:6].diff() > 0).all()
    assert (farther[5:] == farther[9]).all()


def test_what_is_lifted_is_as_much_less_likely_as_by_the_law_of_laplace():
    book = codebook_of()
    book.planes[:10] = 0
    book.planes[torch.arange(9), 0, 0, torch.tensor([20, 24, 27, 33, 36, 40, 41, 44, 47])] = 1
    pitches = book.planes[:9, 0, 0].float().argmax(1).float()
    spread = (pitches - pitches.mean()).abs().mean()
    law = torch.distributions.Laplace(pitches.mean(), spread)
    falls = law.log_prob(pitches) - law.log_prob(pitches + 4)
    assert torch.allclose(book.farther(4)[:9, 0], falls - falls.mean(), atol=1e-5)
    assert book.farther(4)[9].tolist() == [0, 0, 0]  # nothing sounds
    assert (book.farther(4)[:9, 1] == 0).all()  # of the other style


def test_an_entry_far_from_where_the_role_was_costs_what_lies_beyond_a_step():
    book = codebook_of()  # entry i strikes the pitch i
    for latent in book.latents:
        likeness = book.latents @ latent
        for near in (0.0, 9.5, 19.0):
            beyond = (torch.arange(20) - near).abs() - STEP
            wanted = (likeness - LEAP * beyond.clamp(min=0)).argmax()
            assert book.nearest(latent[None], ANY, near=torch.tensor([near])) == wanted
        nowhere = book.nearest(latent[None], ANY, near=torch.tensor([torch.nan]))
        assert nowhere == likeness.argmax()


def test_a_rest_costs_nothing_wherever_the_role_was():
    book = codebook_of()
    book.planes[7] = 0
    assert torch.isnan(book.heights[7])
    assert book.nearest(book.latents[7:8], ANY, near=torch.tensor([80.0])) == 7


def test_a_bass_is_dear_where_it_sounds_what_the_others_do_not_and_where_it_is_off_their_root():
    book = codebook_of()  # entry i strikes the pitch i
    chord = torch.zeros(1, 12)
    chord[0, [0, 4, 7]] = torch.tensor([8.0, 4.0, 8.0])  # the others play C major
    for latent in book.latents:
        price = torch.tensor(
            [{0: 0.0, 4: ROOT, 7: ROOT}.get(i % 12, CLASH + ROOT) for i in range(20)]
        )
        wanted = (book.latents @ latent - price).argmax()
        assert book.nearest(latent[None], ANY, chord=chord) == wanted
        alone = book.nearest(latent[None], ANY, chord=torch.zeros(1, 12))
        assert alone == (book.latents @ latent).argmax()


def test_what_sounds_half_the_time_costs_half_and_a_rest_nothing():
    book = codebook_of()
    book.planes[3, 1, 1:4, 3] = 1
    book.planes[3, 0, 4, 7], book.planes[3, 1, 5:, 7] = 1, 1
    book.planes[5] = 0
    assert book.shares[3, 3] == book.shares[3, 7] == 0.5
    assert not book.shares[5].any()


@pytest.mark.parametrize(
    ("classes", "root"),
    [((0, 4, 7), 0), ((9, 0, 4), 9), ((2, 5, 9, 0), 2), ((7, 11, 2, 5), 7), ((6, 10, 1), 6)],
)
def test_the_root_is_that_of_the_likeliest_triad(classes, root):
    chord = torch.zeros(1, 12)
    chord[0, list(classes)] = 1
    chord[0, list(classes)[:3]] = 2  # its triad sounds longest
    assert roots(chord).argmax() == root
    assert roots(chord).sum() == 1


def test_heights_are_of_each_pitch_once_and_drums_have_none():
    planes = torch.zeros(2, 2, 8, 84, dtype=torch.uint8)
    planes[0, 0, 0, 10], planes[0, 1, 1:6, 10], planes[0, 0, 6, 40] = 1, 1, 1
    assert heights(planes)[0] == 25
    assert torch.isnan(heights(planes)[1])
    assert torch.isnan(heights(planes[:, :1])).all()


def test_drums_lie_nowhere():
    planes = torch.randint(0, 2, (20, 1, 8, 9), dtype=torch.uint8)
    assert not replace(codebook_of(), planes=planes).farther(5).any()


def test_cells_are_of_one_kind_if_they_begin_notes_at_the_same_steps_and_are_as_thick():
    planes = torch.zeros(6, 2, 8, 84)
    planes[:2, 0, 0, 40] = 1
    planes[1, 0, 0, 40], planes[1, 0, 0, 50] = 0, 1  # another note
    planes[2, 0, 0, [40, 44]] = 1  # two at once
    planes[3, 0, [0, 4], 40] = 1  # another rhythm
    planes[4, 0, 0, [30, 40, 50, 60]] = planes[5, 0, 0, [30, 40, 50, 60]] = 1
    planes[5, 0, 0, 70] = 1  # more than four are four
    found = kinds(planes).tolist()
    assert found[0] == found[1]
    assert found[4] == found[5]
    assert len(set(found)) == 4
    assert kinds(torch.zeros(1, 1, 8, 9)).tolist() == [0]


def test_a_note_from_outside_the_scale_makes_another_kind_but_not_of_drums():
    planes = torch.zeros(12, 2, 8, 84)
    planes[torch.arange(12), 0, 0, torch.arange(12) + 24] = 1
    found = kinds(planes)
    white = [0, 2, 4, 5, 7, 9, 11]
    assert len(set(found[white].tolist())) == 1
    assert len(set(found.tolist())) == 2
    assert (found == found[0]).nonzero().flatten().tolist() == white
    drums = torch.zeros(9, 1, 8, 9)
    drums[torch.arange(9), 0, 0, torch.arange(9)] = 1
    assert len(set(kinds(drums).tolist())) == 1


def test_cells_whose_lasting_counts_are_of_one_kind_if_something_sounds_at_as_many_steps():
    planes = torch.zeros(5, 2, 8, 84)
    planes[:2, 0, 0, 40] = planes[:2, 1, 1:5, 40] = 1  # begins, and sounds for five steps
    planes[1] = planes[1].roll(3, -1)  # on another pitch
    planes[2, 0, 0, 40] = planes[2, 1, 1:7, 40] = 1  # longer
    planes[3, 1, :5, 40] = 1  # held on from before
    planes[4, 1, :4, 40] = planes[4, 0, 0, 41] = 1  # begins at once, besides
    found = kinds(planes, lasting=True).tolist()
    assert found[0] == found[1]
    assert len(set(found)) == 4
    assert kinds(torch.ones(1, 2, 8, 84), lasting=True).item() < KINDS


def test_an_entry_that_begins_notes_too_is_not_taken_where_it_would_hold_on_nothing():
    book = codebook_of()
    book.planes[3, 1, :2, 40] = 1  # held from before; then it begins one
    book.planes[3, 0] = book.planes[3, 0].roll(4, 0)
    latents, held = book.latents[3:4], torch.zeros(84)
    assert book.nearest(latents, ANY, held=held).item() != 3
    held[40] = 1
    assert book.nearest(latents, ANY, held=held).item() == 3
