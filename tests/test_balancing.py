"""A band that is balanced plays kinds of half bars about as often as people do."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from bands import small_coded, small_song

from musegan.arranging import Arranger
from musegan.balancing import balance, save_balanced
from musegan.experiments import build
from musegan.models.codebook import kinds
from musegan.music.arrangement import Arrangement
from musegan.music.band import Role


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    folder = tmp_path_factory.mktemp("balanced")
    build(small_coded(folder)).release(folder / "coded.safetensors")
    return folder / "coded.safetensors"


def test_what_is_played_too_often_becomes_dearer_and_the_band_comes_nearer_to_people(released):
    arranger, told = Arranger(released), []
    songs = [small_song(f"song{seed}", seed, bars=8) for seed in range(3)]
    songs = [replace(s, band={**s.band, Role.BASS: s.band[Role.BASS][::2]}) for s in songs]
    balance(arranger, [songs], rounds=4, announce=told.append)
    assert [each.round for each in told] == [0, 1, 2, 3, 4]
    first, last = told[0].apart, told[-1].apart
    assert set(first) == {(role, "pop") for role in songs[0].band}
    assert sum(last.values()) < sum(first.values())
    book = arranger.cells.codebooks["bass"]
    own, foreign = book.prices[:, 0], book.prices[:, 1:]
    assert own.any() and not foreign.any()  # other styles are as they were
    of = kinds(book.planes, lasting=True)
    for kind in of.unique():
        assert len(own[(of == kind) & book.styles[:, 0]].unique()) <= 1


def test_equal_songs_give_equal_prices(released):
    songs = [small_song("song0", 0, bars=8)]
    prices = []
    for _ in range(2):
        arranger = Arranger(released)
        balance(arranger, [songs], rounds=2)
        prices.append(arranger.cells.codebooks["drums"].prices)
    assert torch.equal(*prices)


def test_a_band_that_is_balanced_already_begins_anew(released):
    arranger, songs = Arranger(released), [small_song("song0", 0, bars=8)]
    prices = []
    for _ in range(2):
        balance(arranger, [songs], rounds=2)
        prices.append(arranger.cells.codebooks["drums"].prices)
    assert torch.equal(*prices)


def test_roles_that_are_not_balanced_keep_their_prices(released):
    arranger, songs = Arranger(released), [small_song("song0", 0, bars=8)]
    balance(arranger, [songs], rounds=1)
    before = {role: book.prices for role, book in arranger.cells.codebooks.items()}
    told = []
    balance(arranger, [songs], 2, [Role.BASS], announce=told.append)
    kept = {role for role, book in arranger.cells.codebooks.items() if book.prices is before[role]}
    assert kept == set(before) - {"bass"}
    assert set(told[-1].apart) == {(role, "pop") for role in songs[0].band}  # all are told of


def test_styles_that_are_not_balanced_keep_their_prices_and_their_songs_are_not_played(released):
    arranger, told = Arranger(released), []
    songs = [small_song("song0", 0, bars=8)]
    both = [*songs, replace(small_song("song1", 1, bars=8), style="rock")]
    balance(arranger, [both], rounds=1)
    before = {role: book.prices for role, book in arranger.cells.codebooks.items()}
    assert before["piano"][:, :2].any(0).all()
    balance(arranger, [both], 2, styles=["pop"], announce=told.append)
    assert {style for _, style in told[-1].apart} == {"pop"}
    alone = Arranger(released)
    balance(alone, [songs], 2)
    for role, book in arranger.cells.codebooks.items():
        assert torch.equal(book.prices[:, 1:], before[role][:, 1:])
        assert torch.equal(book.prices[:, 0], alone.cells.codebooks[role].prices[:, 0])


def test_a_role_is_balanced_by_the_first_corpus_that_has_it(released):
    songs = [small_song("song0", 0, bars=8)]
    bare = [
        Arrangement(s.name, s.grid, s.melody, {Role.BASS: s.band[Role.BASS][:2]}, "pop")
        for s in songs
    ]
    alone, both = Arranger(released), Arranger(released)
    balance(alone, [songs], rounds=1)
    balance(both, [songs, bare], rounds=1)
    for role in ("drums", "bass", "piano"):
        assert torch.equal(alone.cells.codebooks[role].prices, both.cells.codebooks[role].prices)


def test_a_balanced_band_is_written_whole_and_plays_by_its_prices(released, tmp_path):
    arranger = Arranger(released)
    balance(arranger, [[small_song("song1", 1, bars=8)]], rounds=1)
    save_balanced(released, tmp_path / "balanced.safetensors", arranger)
    again = Arranger(tmp_path / "balanced.safetensors")
    for role, book in arranger.cells.codebooks.items():
        assert torch.allclose(again.cells.codebooks[role].prices, book.prices, atol=0.01)
    for name, weight in arranger.generator.state_dict().items():
        assert np.array_equal(weight, again.generator.state_dict()[name])
