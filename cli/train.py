"""musegan train: learn a model from prepared corpora; go on where an earlier run stopped."""

from pathlib import Path

import click


@click.command(
    short_help="Learn a model from prepared corpora.",
    help="""Train PRESET, with settings changed as path.to.setting=value.

    \b
    musegan train cells -o runs/cells
    musegan train band -o runs/band optimisation.rounds=20000
    """,
)
@click.argument("preset")
@click.argument("settings", nargs=-1)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Run folder; a run that is there goes on.",
)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Of torch.")
@click.option(
    "--melody",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    help="MIDI file to arrange on the way, once every 1,000 rounds (band); may be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Print the settings and leave.")
def train(
    preset: str,
    settings: tuple[str, ...],
    output: Path,
    threads: int,
    melody: tuple[Path, ...],
    dry_run: bool,
) -> None:
    from musegan.errors import UsageError
    from musegan.presets import PRESETS
    from musegan.settings import as_dict, override

    if preset not in PRESETS:
        raise UsageError(f"no preset {preset!r}; there are {', '.join(PRESETS)}")
    experiment = override(PRESETS[preset], *settings)
    if dry_run:
        import json

        click.echo(json.dumps(as_dict(experiment), indent=2))
        return

    import torch

    from musegan.experiments import build
    from musegan.train.run import run

    torch.set_num_threads(threads)
    built = build(experiment)

    def sample(folder: Path, round: int) -> None:
        weights = output / "model.safetensors"
        built.release(weights)
        if melody and experiment.task == "band":
            arrange_samples(weights, melody, folder, round)

    ended = run(
        built.trainer,
        output,
        rounds=experiment.optimisation.rounds,
        config=built.config,
        sample=sample,
        save_every=1000,
    )
    if ended.finished:
        click.echo(f"done: {output / 'model.safetensors'}")
    else:
        click.echo(f"saved at round {ended.round}; the same command goes on from there")


def arrange_samples(weights: Path, melodies: tuple[Path, ...], folder: Path, round: int) -> None:
    """Arrange the melodies with weights just written: MIDI and picture, named by the round."""
    from musegan.composing import Composer
    from musegan.images.rollplot import draw_pianoroll

    composer = Composer(weights)
    folder.mkdir(parents=True, exist_ok=True)
    for path in melodies:
        song = composer.compose(path)
        target = folder / f"{round:07d}-{path.stem}.mid"
        song.save(target)
        draw_pianoroll(song.score, target.with_suffix(".png"), title=path.stem)
