"""What is asked of `musegan play`: refused in a line where it cannot be, else how the session goes."""

from dataclasses import dataclass
from pathlib import Path

from musegan.errors import ConfigError, UsageError
from musegan.live.script import Script
from musegan.live.setup import Setup
from musegan.live.transport import within_limits
from musegan.live.wanted import Wanted
from musegan.music.band import ROLES
from musegan.music.metre import Metre
from musegan.pretrained import FOLDER, find_model, read_config

from .results import Instruments


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked for on the command line."""

    input_port: str | None
    output_port: str
    melody: Path | None
    melody_track: str | None
    model: str | None
    style: str | None
    tracks: tuple[str, ...]
    tempo: float | None
    tap: bool
    clock: str | None
    send_clock: bool
    metre: str | None
    count_in: int
    metronome: bool
    thru: bool | None
    record: Path | None
    wav: Path | None
    bars: int | None
    stats: Path | None
    seed: int
    temperature: float
    device: str | None
    buffer_ms: int | None
    soundfont: Path | None
    drums: Path | None
    synth: str
    synth_model: str | None
    timbres: tuple[str, ...]
    overwrite: bool

    @property
    def instruments(self) -> Instruments:
        """What sound is made with. Raises UsageError."""
        return Instruments(self.soundfont, self.drums, self.synth, self.synth_model, self.timbres)


def check(request: Request) -> None:
    """Refuse what cannot be before anything is opened."""
    written = [path for path in (request.record, request.wav, request.stats) if path is not None]
    known = [] if request.melody is None else [request.melody.resolve()]
    for path in written:
        if path.resolve() in known:
            raise UsageError(f"{path}: is named twice; choose another file for each of them")
        known.append(path.resolve())
        if not path.absolute().parent.is_dir():
            raise UsageError(f"{path}: its folder does not exist")
        if path.exists() and not request.overwrite:
            raise UsageError(f"{path} is there already; --overwrite replaces it")
    chosen = [name for name, is_set in (("--tempo", request.tempo is not None), ("--tap", request.tap), ("--clock", request.clock is not None)) if is_set]  # fmt: skip
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} both say where the tempo comes from; give one")
    if request.melody is not None and (request.tap or request.clock):
        raise UsageError(f"{chosen[0]} needs somebody who plays; leave --melody or it out")
    if request.melody is not None and not request.melody.is_file():
        raise UsageError(f"--melody {request.melody}: no such file")
    asked = request.instruments
    sounds = {"--drums": asked.drums is not None, "--synth gan": asked.synth == "gan"}
    if request.output_port != "sound" and request.wav is None:
        for option, is_set in sounds.items():
            if is_set:
                raise UsageError(
                    f"{option} is for built-in sound, not for --output {request.output_port}; "
                    "give it with --output sound, or with --wav"
                )
    if request.clock and request.input_port == "keys":
        raise UsageError("--clock midi needs a MIDI input; the computer's keys send no clock")


def planned(request: Request, metre: Metre, script: Script | None) -> tuple[Setup, Path]:
    """How the session goes, and the weights of its band."""
    usual = "live" if (FOLDER / "live.safetensors").is_file() else "band"
    model = find_model(request.model or usual)
    styles = tuple(read_config(model).get("data", {}).get("styles", ()))
    if request.style is not None and request.style not in styles:
        raise ConfigError(f"no style {request.style!r}; this model knows {', '.join(styles)}")
    qpm = 120.0 * metre.beat_quarters if script is None else script.qpm
    if request.tempo is not None:
        qpm = within_limits(request.tempo * metre.beat_quarters)
    thru = request.output_port == "sound" if request.thru is None else request.thru
    wanted = Wanted(
        roles=tuple(role for role in ROLES if role.value in request.tracks),
        style=request.style or (styles[0] if styles else None),
        temperature=request.temperature,
        seed=request.seed,
    )
    setup = Setup(
        metre=metre,
        qpm=qpm,
        tempo_source="tap" if request.tap else "midi" if request.clock else "fixed",
        count_in=request.count_in,
        metronome=request.metronome,
        thru=thru,
        send_clock=request.send_clock,
        styles=styles,
        bars=request.bars,
        eager=request.synth == "gan",
        wanted=wanted,
    )
    return setup, model
