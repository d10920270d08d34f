"""musegan prepare, on a corpus made here."""

import pytest
from songs import write_corpus

from musegan.data.pianorolls import open_rolls
from musegan.data.spoken import sum_of
from musegan_cli.main import main


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    corpus = write_corpus(folder, 2)
    (corpus / "broken.mid").write_bytes(b"")
    return folder


def test_a_corpus_is_prepared_and_a_damaged_file_is_counted_and_named(data, tmp_path, capsys):
    command = ["prepare", "--data", str(data), "-o", str(tmp_path / "a" / "b"), "--split", "all"]
    assert main([*command, "--jobs", "1"]) == 0
    rolls = open_rolls(tmp_path / "a" / "b" / "freedoom.npz")
    assert sorted(rolls.names) == ["song0", "song1"]
    assert len(rolls.song) == 2 * 16 * 2
    told = capsys.readouterr()
    (line,) = told.out.splitlines()
    assert line.startswith("freedoom: 2 songs, 64 cells")
    assert line.endswith("skipped 1")
    (lost,) = told.err.splitlines()
    assert lost.startswith("musegan prepare: freedoom: skipped ")
    assert "broken.mid: is empty (0 bytes)" in lost


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["klezmer"], 2, "no corpus 'klezmer'; there are pop909"),
        (["pop909"], 1, "no such folder; get pop909 from https://"),
    ],
)
def test_a_corpus_that_is_not_there_is_named_in_one_line(
    data, tmp_path, capsys, arguments, code, says
):
    assert main(["prepare", "--data", str(data), "-o", str(tmp_path), *arguments]) == code
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_corpus_says_what_could_be_there(tmp_path, capsys):
    assert main(["prepare", "--data", str(tmp_path), "-o", str(tmp_path)]) == 1
    assert "holds no folder of a known corpus; there are pop909" in capsys.readouterr().err


def test_sounds_are_copied_from_what_is_there_and_checked(data, tmp_path, monkeypatch, capsys):
    recordings = {"3_nicolas_7.wav": b"three", "4_nicolas_0.wav": b"four"}
    monkeypatch.setattr("musegan.data.spoken.SUM", sum_of(recordings))
    local = tmp_path / "local" / "free-spoken-digits" / "recordings"
    local.mkdir(parents=True)
    for name, content in recordings.items():
        (local / name).write_bytes(content)
    command = ["prepare", "spoken-digits", "--data", str(tmp_path / "local")]
    assert main([*command, "-o", str(tmp_path / "out")]) == 0
    assert "2 recordings copied, licence CC BY-SA 4.0" in capsys.readouterr().out
    kept = {path.name for path in (tmp_path / "out" / "spoken-digits").iterdir()}
    assert kept == set(recordings)
    (local / "4_nicolas_0.wav").write_bytes(b"for")
    assert main([*command, "-o", str(tmp_path / "other")]) == 1
    assert "not the 3,000 recordings that are known" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_notes_are_rendered_from_a_soundfont_that_is_named(tmp_path, monkeypatch, capsys):
    rendered = []

    def prepare_notes(folder, rate, soundfont):
        rendered.append((folder, rate, soundfont))
        return "done"

    monkeypatch.setattr("musegan.data.notebank.prepare_notes", prepare_notes)
    font = tmp_path / "my.sf2"
    assert main(["prepare", "notes", "notes-44k", "--data", str(font), "-o", str(tmp_path)]) == 0
    assert rendered == [(tmp_path / "notes", 24_000, font), (tmp_path / "notes-44k", 44_100, font)]
    assert capsys.readouterr().out == "notes: done\nnotes-44k: done\n"
