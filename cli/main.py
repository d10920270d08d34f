"""The `musegan` command: finds the command that is asked for, and says in one line what went wrong.

A command's module is imported when the command is called for, so that `musegan --help` answers at
once. Exit codes: 0 done, 1 some inputs failed, 2 asked for what cannot be, 130 interrupted.
"""

import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

import click

from musegan import __version__
from musegan.errors import (
    CheckpointError,
    ConfigError,
    MuseganError,
    PortError,
    TrainingDiverged,
    UsageError,
)

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


class Entry(NamedTuple):
    """Where a command is, and what `musegan --help` says of it."""

    module: str  # in this package; its click command has the command's name
    summary: str


COMMANDS: dict[str, Entry] = {
    "compose": Entry("compose", "Write a band for melodies."),
    "play": Entry("play", "Play along, live, with what a keyboard plays."),
    "render": Entry("render", "Turn MIDI files into sound and pictures."),
    "interpolate": Entry("interpolate", "Write the bands between two."),
    "models": Entry("models", "List the bundled models."),
    "doctor": Entry("doctor", "Say what is installed and what is found."),
    "ports": Entry("ports", "List MIDI ports and sound devices."),
    "prepare": Entry("prepare", "Read corpora for training; fetch sets of images and sounds."),
    "train": Entry("train", "Learn a model from prepared corpora."),
    "balance": Entry("balance", "Make a trained band play what people play, as often."),
    "evaluate": Entry("evaluate", "Measure a band beside the real one."),
    "image": Entry("image", "Use a trained model on images."),
    "audio": Entry("audio", "Use a trained model on sounds."),
}
GROUPS = ("image", "audio")  # commands that have commands


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called for."""

    entries = COMMANDS

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order of the table."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f".{entry.module}", __package__)
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the one that may be meant."""
        if args and args[0] not in self.entries and not args[0].startswith("-"):
            near = get_close_matches(args[0], self.entries, 1)
            known = ", ".join(self.entries)
            hint = f"did you mean {near[0]}?" if near else f"there are {known}"
            raise UsageError(f"no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self.entries.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="musegan")
def musegan() -> None:
    """An AI band for a melody: a MIDI file in, the same file with a band out.

    \b
    musegan compose my-song.mid -o out/ --formats mid,wav,png
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code and raises nothing that a user can cause."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    name = _name_of(given)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # they tell developers, who run the tests
    try:
        code = musegan.main(given, prog_name="musegan", standalone_mode=False, obj=given)
        sys.stdout.flush()
    except click.ClickException as error:
        return _complain(name, error.format_message(), MISUSED)
    except (UsageError, ConfigError, CheckpointError, PortError) as error:
        return _complain(name, error, MISUSED)
    except MuseganError as error:
        return _complain(name, error, FAILED)
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:  # a full disk, a folder that is not ours, or that is a file
        where = f"{error.filename}: " if error.filename else ""
        misused = isinstance(error, NotADirectoryError | FileExistsError)
        return _complain(name, f"{where}{error.strerror or error}", MISUSED if misused else FAILED)
    except (KeyboardInterrupt, click.Abort):
        return _complain(name, "interrupted", INTERRUPTED)
    return code if isinstance(code, int) else 0


def _name_of(given: Sequence[str]) -> str:
    """The command that was called for, as messages name it."""
    words, entries = ["musegan"], COMMANDS
    for word in given:
        if word in entries:
            words.append(word)
            if word not in GROUPS or entries is not COMMANDS:
                break
            entries = importlib.import_module(f".{word}", __package__).ENTRIES
    return " ".join(words)


def _complain(name: str, problem: object, code: int) -> int:
    # What all processes of a run meet alike, the first tells.
    alike = isinstance(problem, ConfigError | UsageError | CheckpointError | TrainingDiverged)
    if alike and os.environ.get("RANK", "0") != "0":
        return code
    line = " ".join(str(problem).split())
    click.echo(f"{name}: {line}", err=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
