import sys

import pytest

from musegan.audio import speaker
from musegan.errors import MissingExtra
from musegan.live import ports
from musegan_cli.main import main


def listing(monkeypatch, capsys, inputs, outputs, devices):
    monkeypatch.setattr(ports, "list_inputs", lambda: inputs)
    monkeypatch.setattr(ports, "list_outputs", lambda: outputs)
    monkeypatch.setattr(speaker, "devices", lambda: devices)
    assert main(["ports"]) == 0
    return capsys.readouterr().out


def test_every_port_and_device_has_a_line(monkeypatch, capsys):
    text = listing(monkeypatch, capsys, ["LPK25", "nanoKEY2"], ["fluidsynth:midi_00"], ["Speakers"])
    assert text == (
        "MIDI inputs    LPK25\n"
        "               nanoKEY2\n"
        "MIDI outputs   fluidsynth:midi_00\n"
        "sound devices  Speakers\n"
    )


def test_without_a_port_a_line_says_what_to_do(monkeypatch, capsys):
    text = listing(monkeypatch, capsys, [], [], ["Speakers"])
    *lines, advice = text.splitlines()
    assert lines == [
        "MIDI inputs    none",
        "MIDI outputs   none",
        "sound devices  Speakers",
    ]
    assert advice.startswith("there is no MIDI port: plug a keyboard in, ")


def test_what_is_not_installed_is_said(monkeypatch, capsys):
    def missing():
        raise MissingExtra("built-in sound needs miniaudio; install it with: pip install miniaudio")

    monkeypatch.setitem(sys.modules, "rtmidi", None)
    monkeypatch.setattr(speaker, "devices", missing)
    assert main(["ports"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("MIDI inputs    unknown; MIDI ports need python-rtmidi; ")
    assert lines[2].startswith("sound devices  unknown; built-in sound needs miniaudio; ")


def test_doctor_lists_them_too(monkeypatch):
    pytest.importorskip("rtmidi", reason="pip install 'musegan[live]'")
    from musegan_cli.doctor import midi_ports

    monkeypatch.setattr(ports, "list_inputs", lambda: ["LPK25", "nanoKEY2"])
    monkeypatch.setattr(ports, "list_outputs", list)
    assert list(midi_ports()) == [("MIDI inputs", "LPK25, nanoKEY2"), ("MIDI outputs", "none")]
