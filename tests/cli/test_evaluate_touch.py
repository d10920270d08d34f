"""`musegan prepare` and `musegan evaluate` of touch, as a user types them."""

import json

import pytest
from touches import SMALL, write_groove, write_touches

from musegan.experiments import build
from musegan.presets import TOUCHES
from musegan.settings import override
from musegan_cli.main import main


@pytest.fixture
def folder(tmp_path):
    return write_touches(tmp_path / "performances")


def test_a_touch_is_measured_beside_people_and_rules(folder, tmp_path, capsys):
    experiment = override(TOUCHES["touch"], *SMALL, f"data.folder={folder}", "train.device=cpu")
    build(experiment).release(tmp_path / "touch.safetensors")
    report = tmp_path / "report.json"
    model = str(tmp_path / "touch.safetensors")
    assert main(["evaluate", "--model", model, "--seeds", "2", "--report", str(report)]) == 0
    told = json.loads(report.read_text())
    assert told["windows"].keys() == {"drums", "piano"}
    rows = {(row["role"], row["name"]): row for row in told["rows"]}
    assert len(rows) == 2 * 6
    for role in ("drums", "piano"):
        people, alike = rows[role, "people"], rows[role, "all alike"]
        assert (people["apart"], people["frechet"]) == (0.5, 1)
        assert people["likeness"] == pytest.approx(1)
        assert alike["spread"] == alike["late"] == alike["likeness"] == 0
        assert rows[role, "people's, shuffled"]["spread"] == pytest.approx(people["spread"])
        assert rows[role, "by rule"]["late"] == 0
        # Who is loud and who is late is nowhere to be seen where all are alike.
        assert alike["apart"] > 0.9
    assert rows["drums", "people"]["late"] == pytest.approx(0.15, abs=0.03)
    out = capsys.readouterr().out
    assert "by rule" in out
    assert "told apart" in out


@pytest.mark.parametrize(
    ("options", "said", "code"),
    [
        (["--causal"], "--causal means nothing to a model of touch", 2),
        (["--melodies", "."], "--melodies means nothing to a model of touch", 2),
        (["--data", "absent"], "musegan prepare", 1),
    ],
)
def test_what_means_nothing_to_a_touch_is_refused(options, said, code, capsys):
    assert main(["evaluate", "--model", "touch", *options]) == code
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_a_set_that_is_missing_is_named_with_its_address(tmp_path, capsys):
    assert main(["prepare", "touch", "-o", str(tmp_path)]) == 2
    assert "--data FOLDER" in capsys.readouterr().err
    asked = ["prepare", "touch", "--data", str(tmp_path), "-o", str(tmp_path / "out")]
    assert main(asked) == 1
    assert "magenta" in capsys.readouterr().err
    write_groove(tmp_path / "groove", [("train", "4-4", [(240 * k, 42, 80) for k in range(32)])])
    assert main(asked) == 1
    assert "pop909" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
