"""musegan doctor: what is installed, what is found. It writes nothing."""

import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator

import click

from musegan import __version__

PACKAGES = (
    "torch", "numpy", "symusic", "mido", "pretty_midi", "midirenderer", "soundfile", "pillow",
    "safetensors", "scikit-learn", "tensorboard", "click", "rich",
)  # fmt: skip
EXTRAS = {"live": ("python-rtmidi", "miniaudio"), "audio": ("torchaudio", "librosa")}

LIVE_SYNTHESIZER = "pip install --no-deps tinysoundfont==0.3.7"  # what it requires is not needed


@click.command()
def doctor() -> None:
    """Say what is installed and what is found; every report of a fault starts with this."""
    for subject, finding in findings():
        click.echo(f"{subject:14} {finding}")


def findings() -> Iterator[tuple[str, str]]:
    """Each thing looked for, and what was found."""
    yield "musegan", __version__
    yield "python", f"{platform.python_version()} at {sys.executable}"
    from musegan.audio.synthesizer import usable_processors

    yield "system", f"{platform.system()} {platform.release()}, {platform.machine()}"
    yield "processors", f"{usable_processors()} usable of {os.cpu_count()}"
    for package in PACKAGES:
        yield package, version_of(package) or "MISSING; install musegan again"
    for extra, packages in EXTRAS.items():
        for package in packages:
            missing = f"not installed; pip install 'musegan[{extra}]' adds it"
            yield package, version_of(package) or missing
    yield (
        "tinysoundfont",
        version_of("tinysoundfont") or f"not installed; {LIVE_SYNTHESIZER} adds it",
    )
    yield from devices()
    yield "SoundFont", soundfont()
    yield "models", bundled_models()
    yield from midi_ports()


def version_of(package: str) -> str:
    """The installed version; empty if there is none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def devices() -> Iterator[tuple[str, str]]:
    """What torch can compute on."""
    try:
        import torch
    except (ImportError, OSError) as error:
        yield "devices", f"torch does not load: {first_line(error)}"
        return
    found = [f"cpu with {torch.get_num_threads()} threads"]
    found += [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    yield "devices", ", ".join(found)


def soundfont() -> str:
    """The SoundFont that WAV and FLAC are made with."""
    from musegan.audio.soundfont import find_soundfont
    from musegan.errors import MuseganError

    try:
        return str(find_soundfont())
    except MuseganError as error:
        return f"MISSING; {error}"


def bundled_models() -> str:
    """The names of the bundled models."""
    from importlib import resources

    folder = resources.files("musegan") / "pretrained"
    names = sorted(f.name for f in folder.iterdir() if f.name.endswith(".safetensors"))
    return ", ".join(name.removesuffix(".safetensors") for name in names) or "none"


def midi_ports() -> Iterator[tuple[str, str]]:
    """The MIDI ports of keyboards, synthesizers and other programs."""
    if importlib.util.find_spec("rtmidi") is None:
        yield "MIDI ports", "unknown without python-rtmidi"
        return
    from musegan.errors import MuseganError
    from musegan.live.ports import list_inputs, list_outputs

    try:
        yield "MIDI inputs", ", ".join(list_inputs()) or "none"
        yield "MIDI outputs", ", ".join(list_outputs()) or "none"
    except MuseganError as error:
        yield "MIDI ports", f"unknown; {error}"


def first_line(error: BaseException) -> str:
    """An error in one line."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
