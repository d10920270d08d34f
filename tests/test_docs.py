"""The texts tell the truth: their links lead somewhere, their commands exist."""

import re
import shlex
from pathlib import Path

import click
import pytest

from musegan.data.notebank import TIMBRES
from musegan.live.computerkeys import key_map_lines
from musegan.live.controls import control_of_message
from musegan.presets import PEERS, PRESETS, SYNTHS
from musegan.settings import override
from musegan_cli.main import COMMANDS, musegan

ROOT = Path(__file__).resolve().parents[1]
HIDDEN = {"out", "runs", "prepared", "build", "dist", "node_modules"}
TEXTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part in HIDDEN for part in path.relative_to(ROOT).parts)
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def named(path):
    return str(path.relative_to(ROOT))


def anchors(text):
    """The anchors of a text's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path):
    text = path.read_text("utf-8")
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or (anchor and anchor not in anchors(there.read_text("utf-8"))):
            yield target


def commands_of(text):
    """Every `musegan COMMAND ...` of a text's blocks of code and inline code, comments cut off."""
    lines = [line for block in FENCE.findall(text) for line in block.splitlines()[1:-1]]
    lines += re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    for line in lines:
        line = re.split(r"\s+#", line)[0].strip()
        if re.match(r"musegan( |$)", line) and not re.match(r"musegan [a-z]+: ", line):
            yield line


def problem(line):
    """What is wrong with a command line; empty if click takes it, paths and values included."""
    name, *words = shlex.split(line)[1:] or ["--help"]
    if name.startswith("-"):
        options = {"-h", "--help"} | {opt for param in musegan.params for opt in param.opts}
        return "" if name in options else f"no option {name}"
    if name == "COMMAND":
        return ""
    if name not in COMMANDS:
        return f"no command {name}"
    command = musegan.get_command(click.Context(musegan), name)
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        group, (inner, *words) = command, words
        if inner not in group.list_commands(click.Context(group)):
            return "" if inner == "COMMAND" else f"no command {name} {inner}"
        command, name = group.get_command(click.Context(group), inner), f"{name} {inner}"
    context = click.Context(command, ignore_unknown_options=False)
    if not words or "--help" in words:
        return ""  # a mention, not an invocation
    known = {opt for param in command.params for opt in (*param.opts, *param.secondary_opts)}
    unknown = [word for word in words if word.startswith("-") and word not in known]
    if unknown:
        return f"musegan {name} has no {', '.join(unknown)}"
    try:
        values, rest, _ = command.make_parser(context).parse_args(words)
    except click.ClickException as error:
        return error.format_message()
    if rest:
        return f"too many arguments: {rest}"
    if name == "train" and "--resume" not in line and values["preset"] != "PRESET":
        settings = values["settings"] if isinstance(values["settings"], (tuple, list)) else ()
        try:
            override(PRESETS[values["preset"]], *(word for word in settings if "..." not in word))
        except (KeyError, ValueError) as error:
            return str(error)
    return ""


def test_there_are_texts():
    assert {"README.md", "docs/composing.md", "docs/training.md"} <= {named(t) for t in TEXTS}


@pytest.mark.parametrize("path", TEXTS, ids=named)
def test_links_within_the_repository_lead_somewhere(path):
    assert list(broken_links(path)) == []


@pytest.mark.parametrize("path", TEXTS, ids=named)
def test_every_command_shown_exists_with_its_options(path):
    wrong = {line: problem(line) for line in commands_of(path.read_text("utf-8"))}
    assert {line: what for line, what in wrong.items() if what} == {}


def test_every_command_is_shown_somewhere():
    shown = {
        line.split()[1]
        for path in TEXTS
        for line in commands_of(path.read_text("utf-8"))
        if " " in line
    }
    assert set(COMMANDS) <= shown


@pytest.mark.parametrize(("of", "where"), [("image", "images.md"), ("audio", "sounds.md")])
def test_every_command_and_option_of_a_group_is_explained(of, where):
    text = (ROOT / "docs" / where).read_text("utf-8")
    group = musegan.get_command(click.Context(musegan), of)
    unexplained = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if f"musegan {of} {name} " not in text:
            unexplained.append(name)
        options = [param for param in command.params if isinstance(param, click.Option)]
        unexplained += [opt.opts for opt in options if not any(f"`{o}" in text for o in opt.opts)]
    assert unexplained == []


@pytest.mark.parametrize("name", ["compose", "interpolate"])
def test_every_option_of_a_command_that_writes_bands_is_explained(name):
    text = (ROOT / "docs" / "composing.md").read_text("utf-8")
    command = musegan.get_command(click.Context(musegan), name)
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert [
        param.opts for param in options if not any(f"`{opt}" in text for opt in param.opts)
    ] == []


def test_every_setting_of_training_is_explained():
    text = (ROOT / "docs" / "training.md").read_text("utf-8")
    experiment = PRESETS["band"]
    for group in ("data", "cells", "band", "train"):
        for name in vars(getattr(experiment, group)):
            assert f"{group}.{name}`" in text or f"`{name}`" in text, f"{group}.{name}"
    assert "`seed`" in text
    assert "`start`" in text


def test_every_setting_of_gans_on_images_is_explained():
    names = ("gans", "galleries", "health", "training", "images")
    text = "".join((ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in names)
    experiment = PRESETS["dcgan"]
    for group in ("data", "model", "train", "health"):
        for name in vars(getattr(experiment, group)):
            shown = (f"{group}.{name}`", f"`{name}`", f"{group}.{name}=")
            assert any(way in text for way in shown), f"{group}.{name}"


def test_every_setting_and_preset_of_a_synth_is_explained():
    text = (ROOT / "docs" / "sounds.md").read_text("utf-8")
    for group in ("data", "model"):
        for name in vars(getattr(SYNTHS["synth"], group)):
            assert f"{group}.{name}`" in text, f"{group}.{name}"
    assert all(f"`{name}`" in text for name in SYNTHS)


def test_every_setting_and_preset_of_a_peer_is_explained():
    text = (ROOT / "docs" / "training.md").read_text("utf-8")
    for group in ("data", "model"):
        for name in vars(getattr(PEERS["musegan"], group)):
            assert f"{group}.{name}`" in text, f"{group}.{name}"
    assert all(f"`{name}`" in text for name in PEERS)


def test_every_timbre_of_the_bank_is_told():
    text = (ROOT / "docs" / "sounds.md").read_text("utf-8")
    for name, timbre in TIMBRES.items():
        (row,) = (
            line for line in text.splitlines() if line.startswith("|") and f"`{name}`" in line
        )
        assert str(timbre.program) in row
        assert f"{timbre.lowest} to {timbre.highest}" in row


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("musegan compose a.mid -o out/ --formats mid", ""),
        ("musegan compose a.mid --loud", "has no --loud"),
        ("musegan dance", "no command dance"),
        ("musegan image dance", "no command image dance"),
        ("musegan image grid --model m -o x --loud", "image grid has no --loud"),
        ("musegan image sample --model m -o x -n 4", ""),
        ("musegan train band -o x train.ronds=3", "did you mean"),
    ],
)
def test_what_is_wrong_is_noticed(line, what):
    assert what in problem(line) if what else not problem(line)


def test_a_link_that_leads_nowhere_is_noticed(tmp_path):
    text = tmp_path / "a.md"
    text.write_text("# One thing\n[a](b.md) [b](#one-thing) [c](#two) `[d](e)` [e](https://x.y)\n")
    assert list(broken_links(text)) == ["b.md", "#two", "e"]


def test_every_option_of_play_is_explained():
    text = (ROOT / "docs" / "live.md").read_text("utf-8")
    command = musegan.get_command(click.Context(musegan), "play")
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert [
        param.opts for param in options if not any(f"`{opt}" in text for opt in param.opts)
    ] == []


def test_the_key_map_in_the_text_is_the_one_on_the_screen():
    text = (ROOT / "docs" / "live.md").read_text("utf-8")
    assert "\n".join(key_map_lines()) in text


def test_every_controller_in_the_text_does_what_it_says():
    text = (ROOT / "docs" / "live.md").read_text("utf-8")
    for number in (16, 80, 81, 82, 83, 84):
        assert control_of_message(bytes([0xB0, number, 127])) is not None
        assert f"| {number} |" in text
    assert control_of_message(bytes([0xB0, 85, 127])) is None
