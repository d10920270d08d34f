"""What `musegan evaluate` does with a model of sounds, and with a judge of them."""

from pathlib import Path
from typing import Any

import click

from musegan.errors import UsageError

MOST_PHRASES, MOST_MELODIES = 256, 52  # that a synth is measured on


def evaluate_sounds(
    path: Path, data: Path | None, seeds: int, count: int, judge: str | None
) -> dict[str, Any]:
    """Print the table of a model of sounds; returns what a report has."""
    import torch

    from musegan.evaluate.soundtable import print_sounds
    from musegan.experiments.listening import judge_of, open_sound_judge
    from musegan.experiments.sound_measuring import measure_sounds
    from musegan.experiments.sounds import load_sounds

    torch.set_num_threads(1)
    model = load_sounds(path)
    if judge is None and not model.classes:
        raise UsageError(
            f"{path}: its sounds have no classes that a judge could learn; put them into a folder for each "
            f"class, or give --judge one of such sounds"
        )
    report = measure_sounds(
        model,
        open_sound_judge(judge) if judge else judge_of(model.experiment.data),
        folder=str(data or ""),
        seeds=tuple(range(seeds)),
        count=count,
        announce=lambda line: click.echo(line, err=True),
    )
    print_sounds(report)
    return report.as_json()


def evaluate_sound_judge(path: Path, data: Path | None) -> dict[str, Any]:
    """Print how often a judge is right on the test sounds; returns what a report has."""
    import torch

    from musegan.experiments.listening import open_sound_judge
    from musegan.experiments.sound_measuring import measure_sound_judge

    torch.set_num_threads(1)
    found = measure_sound_judge(open_sound_judge(path), str(data or ""))
    click.echo(f"{found.accuracy:.4f} of {found.pictures:,} test sounds right; by class:")
    for name, share in found.classes.items():
        click.echo(f"{name:14} {share:.3f}")
    return found._asdict()


def evaluate_synth(
    path: Path,
    data: Path | None,
    seeds: int,
    count: int,
    judge: str | None,
    melodies: Path | None,
    transcriber: Path | None,
) -> dict[str, Any]:
    """Print how far a synth is from phrases that it has not learned from; returns the same.

    Also what a judge makes of single notes, the bundled one where it knows the timbres, and with a
    folder of melodies which of their notes a transcriber hears.
    """
    from dataclasses import replace

    import torch

    from musegan.evaluate.soundtable import print_sounds
    from musegan.evaluate.transcription import Agreement, open_transcriber
    from musegan.experiments.listening import BUNDLED, open_sound_judge
    from musegan.experiments.sound_measuring import measure_notes, suits
    from musegan.experiments.synths import distances, load_synth, unseen_phrases
    from musegan.experiments.transcribing import melodies_in, transcribed

    torch.set_num_threads(1)
    model = load_synth(path)
    hears = open_transcriber(transcriber) if melodies is not None else None
    found_judge = open_sound_judge(judge or BUNDLED["notes"])
    listener = found_judge if judge or suits(model, found_judge) else None
    wanted = model.experiment
    if data is not None:
        wanted = replace(wanted, data=replace(wanted.data, folder=str(data)))
    phrases = unseen_phrases(wanted, min(count, MOST_PHRASES))
    found = distances(model, phrases)
    names = list(found["mel"]["all"])
    click.echo(f"how far {len(phrases.sounds):,} phrases are from the bank's; less is better")
    click.echo(" " * 16 + f"{'mel bands, nats':>{12 * len(names)}}{'spectra':>{12 * len(names)}}")
    click.echo(" " * 16 + "".join(f"{name:>12}" for name in names) * 2)
    for group in found["mel"]:
        values = [found[measure][group][name] for measure in ("mel", "stft") for name in names]
        click.echo(f"{group:16}" + "".join(f"{value:12.3f}" for value in values))
    told: dict[str, Any] = dict(found)
    if listener is not None:
        report = measure_notes(
            model,
            listener,
            folder=str(data or ""),
            seeds=tuple(range(seeds)),
            announce=lambda line: click.echo(line, err=True),
        )
        click.echo()
        print_sounds(report)
        told["notes"] = report.as_json()
    if melodies is None or hears is None:
        return told
    tunes = melodies_in(melodies, MOST_MELODIES)
    heard = transcribed(model, tunes, hears, str(data or ""))
    played = sum(len(tune.onsets) for tune in tunes)
    click.echo(f"\n{played:,} notes of {len(tunes)} melodies, as a transcriber hears them")
    click.echo(" " * 16 + "".join(f"{name:>12}" for name in Agreement._fields))
    for name, figures in heard.items():
        click.echo(f"{name:16}" + "".join(f"{value:12.3f}" for value in figures))
    return told | {"heard": {name: each._asdict() for name, each in heard.items()}}
