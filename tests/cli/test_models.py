from musegan_cli.main import main
from musegan_cli.models import first_sentence


def bundle(tmp_path, monkeypatch):
    folder = tmp_path / "pretrained"
    folder.mkdir()
    (folder / "band.safetensors").write_bytes(b"x" * 1_500_000)
    (folder / "band.md").write_text("# Band\n\nA band for pop.\nTrained on songs.\n\nMore.")
    (folder / "plain.safetensors").write_bytes(b"")
    monkeypatch.setattr("musegan_cli.models.resources.files", lambda _: tmp_path)


def test_models_are_listed_with_size_and_first_sentence(tmp_path, monkeypatch, capsys):
    bundle(tmp_path, monkeypatch)
    assert main(["models"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["band", "1.5", "MB", "A", "band", "for", "pop"],
        ["plain", "0.0", "MB"],
    ]


def test_a_model_shows_its_card(tmp_path, monkeypatch, capsys):
    bundle(tmp_path, monkeypatch)
    assert main(["models", "band"]) == 0
    assert capsys.readouterr().out.startswith("# Band\n")


def test_a_model_that_is_not_there_is_named(tmp_path, monkeypatch, capsys):
    bundle(tmp_path, monkeypatch)
    assert main(["models", "x"]) == 2
    assert capsys.readouterr().err == "musegan models: no model 'x'; bundled: band, plain\n"


def test_headings_are_no_sentence():
    assert first_sentence("# A\n\n| b |\n\nWhat it is. And more.") == "What it is"
    assert first_sentence("") == ""
