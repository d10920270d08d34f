"""musegan evaluate, on a corpus made here and an untrained band."""

import json

import pytest
from bands import small_model
from peermodels import peer_model
from songs import write_corpus

from musegan.data.pianorolls import open_rolls
from musegan_cli.main import main


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("data"), 3)


def test_the_table_has_our_band_and_those_beside_it_and_the_report_the_same(
    corpus, tmp_path, capsys
):
    report = tmp_path / "report.json"
    command = ["evaluate", "--model", str(small_model(tmp_path)), "--data", str(corpus)]
    command += ["--split", "all", "--no-classify", "--report", str(report)]
    assert main(command) == 0
    told = capsys.readouterr().out
    for row in ("ours", "real", "another song", "tritone off", "block chords", "causal chords"):
        assert row in told
    assert f"written: {report}" in told
    assert "ours" in json.dumps(json.loads(report.read_text()))


def test_copies_are_looked_for_in_prepared_songs_but_not_in_those_that_are_judged(
    corpus, tmp_path, capsys
):
    other = write_corpus(tmp_path / "others", 5)
    prepared = tmp_path / "prepared"
    assert main(["prepare", "--data", str(other.parent), "-o", str(prepared), "freedoom"]) == 0
    songs = len(open_rolls(prepared / "freedoom.npz").names)
    report = tmp_path / "report.json"
    command = ["evaluate", "--model", str(small_model(tmp_path)), "--data", str(corpus)]
    command += ["--split", "all", "--no-classify", "--report", str(report)]
    assert main([*command, "--training", str(prepared)]) == 0
    # the judged songs are the first three of the five
    assert json.loads(report.read_text())["training_songs"]["bass"] == songs - 3
    assert "Copies were not looked for" not in capsys.readouterr().out


def test_where_nothing_is_prepared_copies_are_left_out_with_a_word(
    corpus, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    command = ["evaluate", "--model", str(small_model(tmp_path)), "--data", str(corpus)]
    assert main([*command, "--split", "all", "--no-classify"]) == 0
    assert "Copies were not looked for" in capsys.readouterr().out


@pytest.mark.parametrize("preset", ["musegan", "deepcomposer"])
def test_a_peer_gets_the_same_table(preset, corpus, tmp_path, capsys):
    command = ["evaluate", "--model", str(peer_model(preset, tmp_path)), "--data", str(corpus)]
    command += ["--split", "all", "--no-classify"]
    assert main(command) == 0
    told = capsys.readouterr().out
    for row in ("ours", "real", "another song", "tritone off", "block chords", "causal chords"):
        assert row in told
    assert main([*command, "--causal"]) == 2
    assert "writes whole phrases, so it cannot play along" in capsys.readouterr().err


def test_chorales_are_measured_as_the_notebook_does_and_by_nothing_else(tmp_path, capsys):
    model, report = str(peer_model("deepcomposer-jsb", tmp_path)), tmp_path / "report.json"
    command = ["evaluate", "--model", model, "--data", str(tmp_path / "chorales")]
    assert main([*command, "--seeds", "2", "--report", str(report)]) == 0
    assert "published" in capsys.readouterr().out
    told = json.loads(report.read_text())
    assert told["clips"] == 3
    assert [row["name"] for row in told["rows"]] == ["ours", "real"]
    assert told["rows"][1]["pitches"] == 1
    assert main([*command, "--causal"]) == 2
    assert "--causal means nothing to a model of chorales" in capsys.readouterr().err


def test_a_band_that_plays_along_is_judged_likewise_and_timed(corpus, tmp_path, capsys):
    report = tmp_path / "report.json"
    command = ["evaluate", "--causal", "--model", str(small_model(tmp_path)), "--data", str(corpus)]
    command += ["--split", "all", "--no-classify", "--seeds", "2", "--report", str(report)]
    assert main(command) == 0
    told = capsys.readouterr().out
    for row in ("ours", "real", "causal chords"):
        assert row in told
    assert "ms a cell: p50" in told
    found = json.loads(report.read_text())["readiness"]
    assert found["answers"] == 3 * 2 * 2 * 15  # songs, seeds, cells of 16 bars but the first
    assert 0 <= found["in_time"] <= 1
    assert found["limit_ms"] == 100
    assert 0 < found["p50_ms"] <= found["p99_ms"] <= found["max_ms"]


@pytest.mark.parametrize(
    ("arguments", "bundled", "chosen"),
    [
        ([], {"band", "live"}, "band"),
        (["--causal"], {"band", "live"}, "live"),
        (["--causal"], {"band"}, "band"),
    ],
)
def test_the_model_is_the_one_made_for_it(
    corpus, tmp_path, monkeypatch, arguments, bundled, chosen
):
    model = small_model(tmp_path)
    asked = []
    monkeypatch.setattr("musegan_cli.evaluate._is_bundled", lambda name: name in bundled)
    monkeypatch.setattr("musegan.pretrained.find_model", lambda name: asked.append(name) or model)
    data = ["--data", str(corpus), "--split", "all", "--no-classify"]
    assert main(["evaluate", *data, *arguments]) == 0
    assert asked == [chosen]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--songs", "1"], "an evaluation needs 2"),
        (["--corpus", "jazz"], "'jazz' is no corpus that is known; give --corpus one of pop909"),
        (["--report", "no/such/folder.json"], "its folder does not exist"),
        (["--split", "test"], "'test' is not one of 'train', 'validation', 'all'"),
        (["--model", "gone"], "no model 'gone'"),
        (
            ["--training", "tests"],
            "tests: holds no prepared corpus; make one with `musegan prepare`",
        ),
        (["--training", "gone"], "'gone' does not exist"),
    ],
)
def test_what_cannot_be_measured_is_one_line_and_code_two(corpus, capsys, arguments, says):
    assert main(["evaluate", "--data", str(corpus), "--split", "all", *arguments]) == 2
    error = capsys.readouterr().err
    assert says in error.splitlines()[-1]


def test_a_split_without_songs_is_named(tmp_path, capsys):
    corpus = write_corpus(tmp_path, 1)
    codes = []
    for split in ("train", "validation"):
        codes.append(main(["evaluate", "--data", str(corpus), "--split", split]))
    assert codes == [2, 2]
    assert "split can be used; try --split all" in capsys.readouterr().err
