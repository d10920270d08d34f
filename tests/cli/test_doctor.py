import builtins

from musegan_cli.doctor import findings
from musegan_cli.main import main


def test_doctor_says_what_is_found(capsys, monkeypatch):
    monkeypatch.delenv("MUSEGAN_SOUNDFONT", raising=False)
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = {line[:14].strip(): line[15:] for line in lines}
    assert said["SoundFont"].endswith("TimGM6mb.sf2")
    assert said["devices"].startswith("cpu with ")
    assert said["symusic"][0].isdigit()


def test_doctor_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("MUSEGAN_SOUNDFONT", str(tmp_path / "gone.sf2"))
    importing = builtins.__import__

    def without_torch(name, *rest):
        if name == "torch":
            raise ImportError("No module named 'torch'")
        return importing(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_torch)
    said = dict(findings())
    assert said["SoundFont"].startswith("MISSING; no SoundFont")
    assert said["devices"] == "torch does not load: No module named 'torch'"
