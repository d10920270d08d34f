import subprocess
import sys
import time

import click
import pytest

from musegan import __version__
from musegan.errors import CheckpointError, ConfigError, MidiError
from musegan_cli import main as main_module
from musegan_cli.main import COMMANDS, main


def command_that(problem):
    @click.command("doctor")
    def doctor():
        raise problem

    return doctor


@pytest.fixture
def failing(monkeypatch):
    """Lets `musegan doctor` fail with an exception."""

    def install(problem):
        monkeypatch.setattr(main_module.LazyGroup, "get_command", lambda *_: command_that(problem))

    return install


def test_help_lists_every_command(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text and entry.summary in text for name, entry in COMMANDS.items())


def test_no_arguments_ask_for_help(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("Usage: musegan ")


def test_the_version_is_told(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"musegan, version {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name, capsys):
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: musegan {name} ")


@pytest.mark.parametrize(
    ("problem", "code", "line"),
    [
        (
            ConfigError("no style 'x';\nthere is pop"),
            2,
            "musegan doctor: no style 'x'; there is pop",
        ),
        (CheckpointError("damaged"), 2, "musegan doctor: damaged"),
        (MidiError("no MIDI"), 1, "musegan doctor: no MIDI"),
        (
            OSError(28, "No space left on device", "x.wav"),
            1,
            "musegan doctor: x.wav: No space left on device",
        ),
        (KeyboardInterrupt(), 130, "musegan doctor: interrupted"),
    ],
)
def test_what_goes_wrong_is_one_line_and_an_exit_code(failing, capsys, problem, code, line):
    failing(problem)
    assert main(["doctor"]) == code
    assert capsys.readouterr().err.lstrip() == line + "\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["docter"], "musegan: no command 'docter'; did you mean doctor?"),
        (["xylophone"], "musegan: no command 'xylophone'; there are compose, play, render"),
        (["render", "-o", "out"], "musegan render: Missing argument"),
        (["render", "x.mid", "-o", "out", "--formats", "mp3"], "mp3: choose from wav, flac, png"),
        (["compose", "x.mid", "-o", "out", "--tracks", "flute"], "flute: choose from drums, bass"),
        (["compose", "x.mid", "-o", "out", "--variations", "0"], "0 is not in the range"),
    ],
)
def test_a_wrong_request_is_one_line_and_code_two(capsys, arguments, says):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_an_exception_of_ours_keeps_its_traceback(failing):
    failing(KeyError("bug"))
    with pytest.raises(KeyError):
        main(["doctor"])


def test_a_reader_that_leaves_is_no_error():
    code = "from musegan_cli.main import main; import sys; sys.exit(main(['--help']))"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    with process.stderr as stderr:
        assert stderr.read() == b""
    assert process.wait() == 1


def test_help_answers_at_once():
    took = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "musegan_cli.main", "--help"], check=True, capture_output=True
        )
        took.append(time.perf_counter() - began)
    assert min(took) < 0.5
