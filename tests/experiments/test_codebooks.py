"""Bands with codebooks: trained, released, and played from."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from bands import small_coded, small_experiments, small_model, small_song

from musegan.accompanying import Improviser
from musegan.arranging import Arranger, Wishes
from musegan.errors import ConfigError
from musegan.experiments import build
from musegan.experiments.band import load_band, load_cells, open_corpus
from musegan.experiments.codebooks import draw_codebooks, read_codebooks, tensors_of
from musegan.experiments.hearing import as_played
from musegan.models.band import Window
from musegan.music.band import ROLES, Role
from musegan.music.cue import cue_of_song


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coded")
    build(small_coded(folder)).release(folder / "coded.safetensors")
    return folder / "coded.safetensors"


def test_codebooks_come_back_from_a_file_as_they_were(tmp_path):
    built_on = small_coded(tmp_path)
    cells, _ = load_cells(tmp_path / "cells.safetensors")
    corpora = [open_corpus(name, tmp_path) for name in built_on.data.corpora]
    books = draw_codebooks(cells, corpora, (1.0,), built_on.data.styles, 40, seed=0)
    books["bass"].prices[2, 0] = 1.5
    again = read_codebooks(cells, tensors_of(books))
    assert set(books) == set(again) == {"drums", "bass", "piano"}  # that the songs have
    for role, book in books.items():
        assert torch.equal(book.planes, again[role].planes)
        assert torch.equal(book.latents, again[role].latents)
        assert torch.equal(book.styles, again[role].styles)
        assert torch.equal(book.prices, again[role].prices)


def test_in_a_file_without_prices_every_entry_is_free(tmp_path):
    built_on = small_coded(tmp_path)
    cells, _ = load_cells(tmp_path / "cells.safetensors")
    corpora = [open_corpus(name, tmp_path) for name in built_on.data.corpora]
    tensors = tensors_of(draw_codebooks(cells, corpora, (1.0,), built_on.data.styles, 40, seed=0))
    earlier = {name: each for name, each in tensors.items() if not name.endswith(".prices")}
    assert all(not book.prices.any() for book in read_codebooks(cells, earlier).values())


def test_a_file_without_codebooks_has_none(tmp_path):
    _, cells, _ = load_band(small_model(tmp_path))
    assert cells.codebooks == {}


def half_bars(notes, pitches):
    """What is struck in each half bar, as sets of (step, pitch)."""
    struck = {}
    for start, _, pitch, _ in notes.tolist():
        struck.setdefault(start // 8, set()).add((start % 8, pitch % 12 if pitches else pitch))
    return set(map(frozenset, struck.values()))


def test_a_band_with_a_codebook_strikes_what_songs_have_struck(released):
    song = small_song(bars=12)
    band = Arranger(released).arrange(song.melody, song.grid, Wishes([Role.BASS], seed=3))
    played = half_bars(band[Role.BASS], pitches=True)
    assert played == {frozenset({(0, pitch)}) for pitch in {p % 12 for p in band[Role.BASS][:, 2]}}
    assert {p % 12 for p in band[Role.BASS][:, 2].tolist()} <= {36 % 12, 43 % 12, 41 % 12}


def test_live_too(released):
    song = small_song(bars=6)
    improviser = Improviser(released)
    answer = improviser.answer(
        cue_of_song(song.melody, {}, song.grid, 4, plays=[Role.BASS], seed=1)
    )
    assert half_bars(answer[Role.BASS], pitches=True) <= {frozenset({(0, p)}) for p in (0, 5, 7)}


def test_live_all_roles_go_on_from_what_they_played(released):
    song = small_song(bars=6)
    improviser = Improviser(released)
    for cell in (1, 4, 7):
        cue = cue_of_song(song.melody, song.band, song.grid, cell, plays=ROLES, seed=1)
        answer = improviser.answer(cue)
        assert set(answer) == set(ROLES)
        assert len(answer[Role.DRUMS])


def window_of(cells, styles):
    torch.manual_seed(0)
    return Window(
        melody=torch.zeros(2, 4, 2, 8, 84),
        latents=torch.randn(2, 4, len(cells.roles), cells.latent),
        given=torch.tensor([1.0, 0.0, 0.0, 0.0])[None, :, None].repeat(2, 1, len(cells.roles)),
        active=torch.ones(2, len(cells.roles)),
        visible=torch.ones(2, 4),
        place=torch.zeros(2, 4, 14),
        style=torch.zeros(2, styles),
    )


def test_the_critic_hears_entries_and_gradients_go_straight_through(released):
    _, cells, config = load_band(released)
    window = window_of(cells, len(config["data"]["styles"]))
    latents = torch.randn_like(window.latents).requires_grad_()
    heard, distance = as_played(cells, window, latents)
    assert torch.equal(heard[:, 0], window.latents[:, 0])  # given
    book, bass = cells.codebooks["bass"], list(cells.roles).index("bass")
    chosen = book.nearest(latents[:, 1:, bass].detach().flatten(0, 1), window.style[0])
    entries = book.latents[chosen].view(2, 3, -1)
    assert torch.allclose(heard[:, 1:, bass], entries, atol=1e-6)
    slope = torch.randn_like(heard)
    (heard * slope).sum().backward()
    assert torch.allclose(latents.grad[:, 1:], slope[:, 1:])
    assert latents.grad[:, 0].abs().sum() == 0
    apart = (latents[:, 1:].detach() - heard[:, 1:].detach()).square().mean()
    assert torch.allclose(distance.detach(), apart)


def test_a_coded_band_learns_and_is_pulled_to_its_entries(tmp_path):
    built = build(small_coded(tmp_path, pull=1.0))
    terms = [built.trainer.play_round() for _ in range(4)]
    assert all(np.isfinite(float(t["generator/apart"])) for t in terms)
    assert "generator/adversarial" in terms[0]


def test_in_a_head_start_the_critic_learns_alone(tmp_path):
    built = build(small_coded(tmp_path, head_start=2))
    first, second, third = (built.trainer.play_round() for _ in range(3))
    for terms in (first, second):
        assert not any(name.startswith("generator/") for name in terms)
    assert "generator/adversarial" in third


def test_a_critic_begins_with_the_layers_of_a_released_generator(tmp_path):
    released = small_model(tmp_path)
    _, band = small_experiments(tmp_path)
    built = build(replace(band, start=str(released)))
    critic, generator = (built.trainer.players[n].module.trunk for n in ("critic", "generator"))
    assert torch.equal(critic.latents.weight, generator.latents.weight)
    assert torch.equal(critic.blocks[0].qkv.weight, generator.blocks[0].qkv.weight)
    read = critic.flags.weight.shape[1]
    assert torch.equal(critic.flags.weight, generator.flags.weight[:, :read])


def test_entries_cannot_be_heard_without_a_codebook(tmp_path):
    _, band = small_experiments(tmp_path)
    with pytest.raises(ConfigError, match=r"band\.codebook=0"):
        replace(band.band, heard="nearest")
