"""What a command leaves of a song: MIDI, sound and picture, all of them or none."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from musegan import __version__

FORMATS = ("mid", "wav", "flac", "png")


def write_results(
    targets: Sequence[Path],
    midi: bytes,
    title: str,
    soundfont: Path | None,
    comment: str,
    jobs: int,
    name: str = "",
    drums: Path | None = None,
) -> None:
    """Write a song to each target, in the format of its suffix; no target is left half-written.

    `jobs` is how many songs are being written at once; `name` is what messages call this one;
    `drums` is a kit that plays them.
    """
    with ExitStack() as stack:
        from musegan.files import written_aside

        asides = {path.suffix: stack.enter_context(written_aside(path)) for path in targets}
        if ".mid" in asides:
            asides[".mid"].write_bytes(midi)
        if ".png" in asides:
            from musegan.images.rollplot import draw_pianoroll
            from musegan.music.midi import read_midi

            draw_pianoroll(read_midi(midi), asides[".png"], title=title)
        if asides.keys() & {".wav", ".flac"}:
            from musegan.audio.kit import read_kit
            from musegan.audio.soundfont import render
            from musegan.audio.synthesizer import SYNTH_RATE
            from musegan.audio.waveform import write_flac, write_wav

            samples = render(
                midi,
                soundfont,
                name=name or title,
                processes=1 if jobs > 1 else None,
                kit=None if drums is None else read_kit(drums),
            )
            made = f"{comment}, musegan {__version__}"
            for suffix, write in ((".wav", write_wav), (".flac", write_flac)):
                if suffix in asides:
                    write(asides[suffix], samples, SYNTH_RATE, title=title, comment=made)


def check_kit(drums: Path | None) -> None:
    """Read a kit once, so that a missing or damaged one is told before any work is done.

    Raises UsageError or FormatError.
    """
    if drums is not None:
        from musegan.audio.kit import read_kit

        read_kit(drums)
