"""musegan balance: a file in, the same band with prices out."""

import pytest
import torch
from bands import small_coded, small_model
from songs import write_corpus

from musegan.experiments import build
from musegan.experiments.band import load_band
from musegan.train.checkpoint import load_release, save_release
from musegan_cli.main import main


@pytest.fixture(scope="module")
def coded(tmp_path_factory):
    """A band with a codebook, that says it was trained on Freedoom."""
    folder = tmp_path_factory.mktemp("coded")
    build(small_coded(folder)).release(folder / "fresh.safetensors")
    tensors, config = load_release(folder / "fresh.safetensors")
    config["data"] |= {"corpora": ["freedoom"], "shares": [1.0]}
    save_release(folder / "coded.safetensors", tensors, config, bytewise="cells.")
    return folder / "coded.safetensors"


def test_each_round_tells_how_far_the_band_is_from_people_and_the_band_is_written(
    coded, tmp_path, capsys
):
    corpus, output = write_corpus(tmp_path / "data"), tmp_path / "balanced.safetensors"
    command = ["balance", str(coded), "--data", str(corpus.parent), "-o", str(output)]
    assert main([*command, "--rounds", "2", "--songs", "2"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "2 songs of freedoom"
    assert [line.split(":")[0] for line in told[1:-1]] == ["round 0", "round 1", "round 2"]
    assert "rock bass 0." in told[1]
    assert told[-1] == str(output)
    _, before, _ = load_band(coded)
    _, after, _ = load_band(output)
    assert torch.equal(before.codebooks["bass"].planes, after.codebooks["bass"].planes)
    assert not any(book.prices.any() for book in before.codebooks.values())
    assert any(book.prices.any() for book in after.codebooks.values())


def test_what_cannot_be_balanced_is_refused_in_a_line(coded, tmp_path, capsys):
    output = tmp_path / "out.safetensors"
    bare = ["balance", str(small_model(tmp_path)), "--data", str(tmp_path), "-o", str(output)]
    assert main(bare) == 2
    assert "has no codebook to balance" in capsys.readouterr().err
    assert main(["balance", str(coded), "--data", str(tmp_path), "-o", str(output)]) == 1
    assert "freedoom: no such folder" in capsys.readouterr().err
    command = ["balance", str(coded), "--data", str(tmp_path), "-o", str(output)]
    for styles in ("polka", "pop,polka", ","):
        assert main([*command, "--styles", styles]) == 2
        assert "this model knows pop, rock" in capsys.readouterr().err
    assert not output.exists()


def test_styles_that_no_song_is_of_are_refused_and_others_balanced(coded, tmp_path, capsys):
    corpus, output = write_corpus(tmp_path / "data"), tmp_path / "balanced.safetensors"
    command = ["balance", str(coded), "--data", str(corpus.parent), "-o", str(output)]
    command += ["--rounds", "1", "--songs", "2"]
    assert main([*command, "--styles", "pop"]) == 2
    told = capsys.readouterr().err
    assert f"no song of freedoom in {corpus.parent} is of style pop" in told
    assert not output.exists()
    assert main([*command, "--styles", "Rock, pop"]) == 0
    assert capsys.readouterr().out.startswith("2 songs of freedoom\n")


def test_a_file_that_cannot_be_written_is_refused_before_the_work(coded, tmp_path, capsys):
    command = ["balance", str(coded), "--data", str(write_corpus(tmp_path / "data").parent)]
    assert main([*command, "-o", str(tmp_path / "none" / "out.safetensors")]) == 2
    told = capsys.readouterr()
    assert "its folder does not exist" in told.err and "round" not in told.out
    there = tmp_path / "there.safetensors"
    there.write_bytes(b"kept")
    assert main([*command, "-o", str(there)]) == 2
    assert "replace it with --overwrite" in capsys.readouterr().err
    assert there.read_bytes() == b"kept"
    assert main([*command, "-o", str(there), "--overwrite", "--rounds", "1", "--songs", "1"]) == 0
    assert load_band(there)[1].codebooks
