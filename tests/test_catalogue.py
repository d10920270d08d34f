from pathlib import Path

import pytest

from musegan.catalogue import Entry, Missing, find_inputs, name_results, open_output
from musegan.errors import UsageError


@pytest.fixture
def songs(tmp_path, monkeypatch):
    """A folder with files, reached by relative paths."""
    for name in (
        "a/song.mid",
        "a/Song2.MIDI",
        "a/b/deep.kar",
        "a/b/.hidden.mid",
        "a/notes.txt",
        "c.rmi",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"MThd")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(paths):
    return [path.as_posix() for path in paths]


def test_a_folder_stands_for_its_midi_files_and_those_below(songs):
    found, missing = find_inputs(["a"], Path("out"))
    assert names(found) == ["a/Song2.MIDI", "a/song.mid", "a/b/deep.kar"]
    assert missing == []


def test_a_file_is_taken_whatever_its_suffix(songs):
    assert names(find_inputs(["a/notes.txt"], Path("out"))[0]) == ["a/notes.txt"]


def test_globs_are_expanded(songs):
    assert names(find_inputs(["a/*.mid", "**/*.kar"], Path("out"))[0]) == [
        "a/song.mid",
        "a/b/deep.kar",
    ]


def test_a_name_with_brackets_is_a_file_first(songs):
    (songs / "take[1].mid").write_bytes(b"")
    assert names(find_inputs(["take[1].mid"], Path("out"))[0]) == ["take[1].mid"]


def test_a_file_named_twice_comes_once(songs):
    assert (
        names(find_inputs(["a/song.mid", "a", str(songs / "a/song.mid")], Path("out"))[0])[0]
        == "a/song.mid"
    )
    assert len(find_inputs(["a/song.mid", "a"], Path("out"))[0]) == 3


def test_results_of_an_earlier_run_are_no_inputs(songs):
    (songs / "a/out").mkdir()
    (songs / "a/out/song.mid").write_bytes(b"")
    assert "a/out/song.mid" not in names(find_inputs(["a"], Path("a/out"))[0])
    assert "a/out/song.mid" in names(find_inputs(["a/out"], Path("a/out"))[0])


def test_what_is_not_there_is_told_with_its_reason(songs):
    (songs / "empty").mkdir()
    _, missing = find_inputs(["gone.mid", "empty", "x*.mid"], Path("out"))
    assert missing == [
        Missing("gone.mid", "no such file"),
        Missing("empty", "no MIDI file in this folder"),
        Missing("x*.mid", "no file matches"),
    ]


def test_results_are_named_after_their_inputs_and_counted():
    (entry,) = name_results([Path("x/My song.mid")], 2)
    assert entry.result(Path("out"), "wav") == Path("out/My song.wav")
    assert entry.result(Path("out"), "mid", 2) == Path("out/My song-2.mid")


def stems(*paths, variations=1):
    return [entry.stem for entry in name_results([Path(path) for path in paths], variations)]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["/a/song.mid", "/b/other.mid"], ["song", "other"]),
        (["/a/song.mid", "/b/song.mid", "/b/x.mid"], ["a-song", "b-song", "x"]),
        (["/a/song.mid", "/a/song.kar"], ["a-song-mid", "a-song-kar"]),
        (["/a/Song.mid", "/b/song.mid"], ["a-Song", "b-song"]),
        (["/x/a/song.mid", "/y/a/song.mid"], ["x-a-song-mid", "y-a-song-mid"]),
        (["/a/cafe\u0301.mid", "/b/caf\u00e9.mid"], ["a-cafe\u0301", "b-caf\u00e9"]),
    ],
)
def test_names_that_meet_are_told_apart_by_folder_then_suffix(paths, expected):
    assert stems(*paths) == expected


def test_a_variation_does_not_meet_another_song():
    sources = ["/a/song.mid", "/a/song-2.mid"]
    assert stems(*sources) == ["song", "song-2"]
    entries = name_results([Path(source) for source in sources], 2)
    results = [e.result(Path(), "mid", v) for e in entries for v in (1, 2)]
    assert len(set(results)) == 4


def test_what_folders_cannot_tell_apart_is_numbered():
    assert stems("/a/b-c.mid", "/a/b-c.MID") == ["b-c", "b-c (2)"]


def test_an_output_folder_is_made_with_its_parents(tmp_path):
    open_output(tmp_path / "new" / "out")
    assert list((tmp_path / "new" / "out").iterdir()) == []


def test_an_output_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(UsageError, match="is a file; name a folder"):
        open_output(tmp_path / "out")
    with pytest.raises(UsageError, match="is a file; name a folder"):
        open_output(tmp_path / "out" / "below")


def test_an_output_that_cannot_be_written_to_is_refused(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(UsageError, match="cannot be written to: permission denied"):
        open_output(tmp_path)


def test_an_entry_is_its_source_and_stem():
    assert name_results([Path("s.mid")]) == [Entry(Path("s.mid"), "s")]
