import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from rich.console import Console
from test_checkpoint import play, small_trainer, weights

from musegan.errors import CheckpointError, TrainingDiverged
from musegan.train.checkpoint import latest_checkpoint
from musegan.train.run import run


def quiet() -> Console:
    return Console(file=io.StringIO())


def run_small(folder: Path, rounds: int, trainer=None, **options):
    options = {"config": {"width": 3}, "log_every": 2, "save_every": 4, **options}
    return run(
        trainer or small_trainer(),
        folder,
        rounds=rounds,
        tensorboard=False,
        console=quiet(),
        **options,
    )


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_a_run_leaves_metrics_checkpoints_and_samples(tmp_path):
    trainer, samples = small_trainer(), []
    ended = run_small(
        tmp_path,
        10,
        trainer,
        sample=lambda folder, round: samples.append((folder, round, folder.is_dir())),
        sample_every=4,
        measure=lambda round: {"fit": round / 2},
        measure_every=5,
    )
    assert ended[:2] == (10, True)
    assert samples == [(tmp_path / "samples", round, True) for round in (4, 8, 10)]
    assert [line["round"] for line in lines(tmp_path)] == [2, 4, 5, 6, 8, 10]
    assert [line.get("fit") for line in lines(tmp_path)] == [None, None, 2.5, None, None, 5.0]
    assert latest_checkpoint(tmp_path).name == "round-00000010.pt"
    assert json.loads((tmp_path / "config.json").read_text()) == {"width": 3}
    seconds = [line["seconds"] for line in lines(tmp_path)]
    assert seconds == sorted(seconds) and seconds[0] > 0
    assert all(line["rounds_per_second"] > 0 for line in lines(tmp_path))


def test_logged_terms_are_means_since_the_line_before(tmp_path):
    by_hand = [play_one["model/error"].item() for play_one in terms_of(4)]
    run_small(tmp_path, 4)
    errors = [line["model/error"] for line in lines(tmp_path)]
    assert errors == pytest.approx([sum(by_hand[:2]) / 2, sum(by_hand[2:]) / 2])


def terms_of(rounds: int):
    trainer = small_trainer()
    return [trainer.play_round() for _ in range(rounds)]


def test_a_run_in_two_calls_is_the_run_in_one(tmp_path):
    whole, second = small_trainer(), small_trainer()
    run_small(tmp_path / "whole", 12, whole)
    run_small(tmp_path / "parts", 6)
    assert run_small(tmp_path / "parts", 12, second)[:2] == (12, True)
    assert torch.equal(weights(whole), weights(second))
    errors = [
        [(line["round"], line["model/error"]) for line in lines(tmp_path / name)]
        for name in ("whole", "parts")
    ]
    assert errors[0] == errors[1]


def test_a_finished_run_plays_nothing_more(tmp_path):
    run_small(tmp_path, 4)
    before = (tmp_path / "metrics.jsonl").read_text()
    assert run_small(tmp_path, 4)[:2] == (4, True)
    assert (tmp_path / "metrics.jsonl").read_text() == before


def test_a_run_with_other_settings_is_refused(tmp_path):
    run_small(tmp_path, 4)
    with pytest.raises(CheckpointError, match="width 3 there, 4 here"):
        run_small(tmp_path, 8, config={"width": 4})
    assert run_small(tmp_path, 8, config={"width": 4}, may_change=["width"])[:2] == (8, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_the_round_saves_and_leaves(tmp_path, number):
    before = signal.getsignal(number)
    trainer = small_trainer()
    terms = trainer.moves[0].terms

    def terms_and_signal(batch, round):
        if round == 2:
            os.kill(os.getpid(), number)
        return terms(batch, round)

    object.__setattr__(trainer.moves[0], "terms", terms_and_signal)
    assert run_small(tmp_path, 12, trainer)[:2] == (3, False)
    assert signal.getsignal(number) is before
    assert latest_checkpoint(tmp_path).name == "round-00000003.pt"
    assert [line["round"] for line in lines(tmp_path)] == [2, 3]
    resumed = small_trainer()
    assert run_small(tmp_path, 12, resumed)[:2] == (12, True)
    assert torch.equal(weights(resumed), weights(play(small_trainer(), 12)))


def test_a_signal_while_sampling_saves_too(tmp_path):
    def sample(folder, round):
        os.kill(os.getpid(), signal.SIGTERM)

    assert run_small(tmp_path, 12, sample=sample, sample_every=3)[:2] == (3, False)
    assert latest_checkpoint(tmp_path).name == "round-00000003.pt"
    assert [line["round"] for line in lines(tmp_path)] == [2, 3]


def test_handlers_are_restored_after_an_error(tmp_path):
    before = signal.getsignal(signal.SIGTERM)

    def sample(folder, round):
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        run_small(tmp_path, 12, sample=sample, sample_every=3)
    assert signal.getsignal(signal.SIGTERM) is before


def test_weights_that_are_not_finite_are_never_saved(tmp_path):
    trainer = small_trainer()
    run_small(tmp_path, 4, trainer)

    def spoil(round):
        with torch.no_grad():
            trainer.players["model"].module[0].weight[0, 0] = float("inf")
        return {}

    with pytest.raises(TrainingDiverged, match="round 8: a weight is no longer finite"):
        run_small(tmp_path, 8, trainer, measure=spoil, measure_every=8)
    assert latest_checkpoint(tmp_path).name == "round-00000004.pt"


KILLED_WHILE_SAVING = """
import os, signal, sys
from pathlib import Path
import torch
from test_run import run_small

folder = Path(sys.argv[1])
save, times = torch.save, []

def save_half_the_third_time(state, file):
    save(state, file)
    times.append(1)
    if len(times) == 3:
        file.flush()
        file.truncate(file.tell() // 2)
        with (folder / "metrics.jsonl").open("a") as metrics:
            metrics.write('{"round": 13, "mod')
        os.kill(os.getpid(), signal.SIGKILL)

torch.save = save_half_the_third_time
run_small(folder, 16)
"""


def test_a_run_that_was_killed_while_saving_goes_on_bit_for_bit(tmp_path):
    here = Path(__file__).parent
    path = os.pathsep.join([str(here.parents[1]), str(here)])
    done = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_SAVING, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert latest_checkpoint(tmp_path).name == "round-00000008.pt"
    assert len(list((tmp_path / "checkpoints").glob(".round-*"))) == 1
    *whole, cut = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(text)["round"] for text in whole] == [2, 4, 6, 8, 10, 12]
    assert cut == '{"round": 13, "mod'
    resumed = small_trainer()
    assert run_small(tmp_path, 16, resumed)[:2] == (16, True)
    assert torch.equal(weights(resumed), weights(play(small_trainer(), 16)))
    assert [line["round"] for line in lines(tmp_path)] == [2, 4, 6, 8, 10, 12, 14, 16]


def test_plain_output_says_rounds_a_second_and_time_left(tmp_path):
    console = quiet()
    run(
        small_trainer(),
        tmp_path,
        rounds=4,
        config={},
        log_every=2,
        tensorboard=False,
        console=console,
    )
    text = console.file.getvalue().splitlines()
    assert text[0].startswith("round 2/4  ") and text[-1].startswith("round 4/4  ")
    assert "rounds/s" in text[-1] and "0:00:00 left" in text[-1] and "model/error" in text[-1]


def test_a_terminal_gets_a_bar(tmp_path):
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    run(
        small_trainer(),
        tmp_path,
        rounds=4,
        config={},
        log_every=2,
        tensorboard=False,
        console=console,
    )
    assert "4/4" in console.file.getvalue()


def test_curves_are_written_for_tensorboard(tmp_path):
    run(small_trainer(), tmp_path, rounds=4, config={}, log_every=2, console=quiet())
    (events,) = (tmp_path / "tensorboard").iterdir()
    assert b"model/error" in events.read_bytes()
