"""What health does about signs, and that a run with its decisions resumes bit for bit."""

import json

import pytest
import torch
from toygames import everything, quiet, toy_game, watched

from musegan.errors import TrainingDiverged
from musegan.train.checkpoint import checkpoint_of, checkpoints_of, load_checkpoint
from musegan.train.run import run


def play(folder, trainer, watch, rounds=40, **options):
    options = {"config": {}, "log_every": 4, "save_every": 4, "tensorboard": False, **options}
    console = options.pop("console", quiet())
    return run(trainer, folder, rounds=rounds, watch=watch, console=console, **options)


def lines(folder):
    return [json.loads(text) for text in (folder / "metrics.jsonl").read_text().splitlines()]


def told(folder):
    return [(line["round"], line["health"]) for line in lines(folder) if "health" in line]


def scripted(watch, **measures):
    """Let every look see what is written: name -> function of (round, rollbacks)."""

    def look(trainer):
        trainer.state.read_signs()
        place = trainer.round, trainer.state.rollbacks
        return {f"health/{name}": value(*place) for name, value in measures.items()}

    watch.look = look
    return watch


def always(value):
    return lambda round, rollbacks: value


def rounds_of(folder, kind):
    return [int(path.stem.partition("-")[2]) for path in checkpoints_of(folder, kind)]


def test_a_critic_that_wins_is_answered_with_gamma_three_times(tmp_path):
    trainer = toy_game()
    watch = scripted(watched(trainer), accuracy=always(0.99))
    ended = play(tmp_path, trainer, watch)
    assert (ended.round, ended.finished, ended.stopped) == (40, True, "")
    words = "the critic has won: it tells 99 % of samples"
    assert told(tmp_path)[:4] == [
        (6, f"{words}; gamma doubled, to 2 times what was set"),
        (12, f"{words}; gamma doubled, to 4 times what was set"),
        (18, f"{words}; gamma doubled, to 8 times what was set"),
        (24, words),
    ]
    assert [round for round, _ in told(tmp_path)] == [6, 12, 18, 24, 30]  # then ever less often
    assert trainer.state.gamma == 8


def test_tensorboard_has_the_measures_and_the_words(tmp_path):
    trainer = toy_game()
    watch = scripted(watched(trainer), accuracy=always(0.99))
    play(tmp_path, trainer, watch, rounds=6, tensorboard=True)
    (events,) = (tmp_path / "tensorboard").iterdir()
    assert b"health/accuracy" in events.read_bytes()
    assert b"the critic has won: it tells 99 % of samples" in events.read_bytes()


def test_without_a_penalty_the_critic_is_slowed(tmp_path):
    trainer = toy_game(penalised=False)
    play(tmp_path, trainer, scripted(watched(trainer), accuracy=always(0.99)), rounds=6)
    assert told(tmp_path)[0][1].endswith("; the critic's rate halved")
    assert trainer.state.rates == {"critic": 0.5}
    trainer.play_round()
    assert trainer.players["critic"].optimizer.param_groups[0]["lr"] == 0.005
    assert trainer.players["generator"].optimizer.param_groups[0]["lr"] == 0.01


def test_overfitting_is_answered_with_augmentation_where_there_is_some(tmp_path):
    trainer = toy_game()
    trainer.state.augmentable = True
    watch = scripted(watched(trainer), gap=always(0.9), pairs=always(0.9))
    play(tmp_path, trainer, watch, rounds=6)
    assert trainer.state.augmentation == pytest.approx(0.1)
    assert trainer.state.gamma == 1
    assert told(tmp_path)[0][1].endswith("; augmentation raised to 0.1")


def test_what_is_switched_off_is_not_done_but_told(tmp_path):
    trainer = toy_game()
    watch = watched(trainer, gamma=False, augment=False, rollback=False, stop=False)
    scripted(watch, accuracy=always(0.99), coverage=lambda r, _: 0.5 if r < 10 else 0.1)
    assert not play(tmp_path, trainer, watch).stopped
    assert trainer.state.state_dict()["gamma"] == 1 and trainer.state.rollbacks == 0
    assert {words.partition(":")[0] for _, words in told(tmp_path)} == {
        "the critic has won",
        "kinds of samples are lost",
    }
    assert rounds_of(tmp_path, "healthy") == []


def collapse(round, rollbacks):
    """Coverage that is lost at round 14, unless the game was taken back once."""
    return 0.1 if round >= 14 and rollbacks < 1 else 0.5


def test_lost_modes_are_taken_back_to_before_they_were_lost(tmp_path):
    trainer, console = toy_game(), quiet()
    watch = scripted(watched(trainer), coverage=collapse)
    ended = play(tmp_path, trainer, watch, console=console)
    assert (ended.round, ended.finished, ended.stopped) == (40, True, "")
    words = (
        "kinds of samples are lost: coverage is 10 %, was 50 %; "
        "taken back to round 12, with other noise and half the rates"
    )
    assert told(tmp_path) == [(18, words)]
    assert f"round 18: {words}" in console.file.getvalue()
    assert trainer.state.rollbacks == 1 and trainer.state.rate == 0.5
    written = [(line.get("rollbacks", 0), line["round"]) for line in lines(tmp_path)]
    assert written == sorted(written)
    assert [round for attempt, round in written if attempt][:2] == [14, 16]
    assert all(line["rounds_per_second"] > 0 for line in lines(tmp_path))
    assert rounds_of(tmp_path, "healthy") == [32, 36, 40]
    assert rounds_of(tmp_path, "round") == [36, 40]


def test_after_going_back_other_noise_is_drawn_and_the_optimizer_is_that_of_then(tmp_path):
    trainer = toy_game()
    play(tmp_path, trainer, scripted(watched(trainer), coverage=collapse), rounds=16)
    resumed = toy_game()
    load_checkpoint(tmp_path, resumed, path=checkpoint_of(tmp_path, 12, "healthy"))
    resumed.state.take_back(trainer.state.state_dict())
    assert (resumed.round, resumed.state.rollbacks, resumed.state.rate) == (12, 1, 0.5)
    straight = toy_game()
    load_checkpoint(tmp_path, straight, path=checkpoint_of(tmp_path, 12, "healthy"))
    pairs = [
        [player.optimizer.state_dict()["state"][0]["exp_avg"] for player in t.players.values()]
        for t in (resumed, straight)
    ]
    assert all(torch.equal(a, b) for a, b in zip(*pairs, strict=True))
    resumed.state.rate = 1.0
    resumed.play_round()
    straight.play_round()
    assert not torch.equal(everything(resumed), everything(straight))


def test_what_comes_back_after_three_times_stops_the_run(tmp_path):
    trainer = toy_game()
    watch = scripted(watched(trainer), coverage=lambda round, _: 0.5 if round < 14 else 0.1)
    ended = play(tmp_path, trainer, watch)
    assert ended.finished
    assert ended.stopped.endswith("coverage is 10 %, was 50 %; it was taken back in vain")
    assert trainer.state.rollbacks == 3 and trainer.state.rate == 1 / 8
    assert told(tmp_path)[-1] == (18, f"{ended.stopped}; stopped")
    again = scripted(watched(toy_game()), coverage=always(0.5))
    assert play(tmp_path, toy_game(), again) == ended  # and it stays so
    freed = scripted(watched(toy_game(), stop=False), coverage=always(0.5))
    assert play(tmp_path, toy_game(), freed).round == 40


def test_a_run_whose_best_figure_is_long_ago_stops_and_names_the_best(tmp_path):
    trainer = toy_game()
    watch = watched(trainer)
    scripted(watch, accuracy=always(0.7))
    figures = {4: 60.0, 8: 30.0}
    ended = play(
        tmp_path, trainer, watch, measure=lambda r: {"fid": figures.get(r, 40.0)}, measure_every=4
    )
    assert ended.round == 24  # 16 rounds are 40 % of the run
    assert (
        ended.stopped == "nothing has got better for 40 % of the run: fid is 40, was 30 at round 8"
    )
    assert ended.best == checkpoint_of(tmp_path, 8, "best")
    best = toy_game()
    assert load_checkpoint(tmp_path, best, path=ended.best) == 8


def test_the_best_checkpoint_is_kept_and_preferred_only_if_the_last_is_clearly_worse(tmp_path):
    figures = {4: 60.0, 8: 30.0}
    for last, preferred in ((34.0, True), (32.0, False)):
        figures[12] = last
        folder = tmp_path / str(last)
        ended = play(
            folder,
            toy_game(),
            None,
            rounds=12,
            measure=lambda round: {"fid": figures[round]},
            measure_every=4,
        )
        assert rounds_of(folder, "best") == [8]
        assert (ended.best is not None) is preferred


def spoiled(trainer, ill):
    """A term of the generator that is not a number where `ill` of (round, rollbacks) says so."""
    move = trainer.moves[-1]
    terms = move.terms

    def spoiling(batch, round):
        factor = float("nan") if ill(round, trainer.state.rollbacks) else 1.0
        return {name: factor * value for name, value in terms(batch, round).items()}

    object.__setattr__(move, "terms", spoiling)
    return trainer


def test_a_round_that_is_not_finite_is_skipped(tmp_path):
    trainer = spoiled(toy_game(), lambda round, _: round == 5)
    ended = play(tmp_path, trainer, watched(trainer, every=100), rounds=12)
    assert (ended.round, ended.finished) == (12, True)
    ((round, words),) = told(tmp_path)
    assert round == 6
    assert words == "generator/adversarial=nan; the rest of the round is skipped"
    assert trainer.is_finite() and trainer.state.rollbacks == 0
    assert trainer.players["generator"].updates == 11


def test_rounds_that_stay_so_are_taken_back(tmp_path):
    trainer = spoiled(toy_game(), lambda round, rollbacks: round >= 9 and not rollbacks)
    assert play(tmp_path, trainer, watched(trainer, every=100), rounds=20).round == 20
    last = told(tmp_path)[-1]
    assert last[0] == 13 and "taken back to round 8, with other noise" in last[1]
    assert trainer.state.rollbacks == 1


def test_numbers_that_never_become_finite_again_are_an_error_after_three_times(tmp_path):
    trainer = spoiled(toy_game(), lambda round, _: round >= 9)
    with pytest.raises(TrainingDiverged, match="generator/adversarial=nan"):
        play(tmp_path, trainer, watched(trainer, every=100), rounds=20)
    assert trainer.state.rollbacks == 3
    first = spoiled(toy_game(), lambda round, _: True)
    with pytest.raises(TrainingDiverged):
        play(tmp_path / "from the start", first, watched(first), rounds=20)
    assert first.state.rollbacks == 3  # to the first weights of all


def test_weights_that_are_not_finite_are_taken_back(tmp_path):
    trainer = toy_game()

    def spoil(round):
        if round == 8 and not trainer.state.rollbacks:
            with torch.no_grad():
                next(trainer.players["critic"].module.parameters()).fill_(float("inf"))
        return {"fit": 1.0}

    ended = play(tmp_path, trainer, watched(trainer), rounds=12, measure=spoil, measure_every=4)
    assert ended.round == 12 and trainer.is_finite()
    assert told(tmp_path)[0][1].startswith(
        "a weight is no longer finite, so this round is not saved"
    )
    assert "taken back to round 4" in told(tmp_path)[0][1]


class Killed(BaseException):
    """As if the process had ended: nothing is saved, nothing is tidied up."""


def killed_at(trainer, turn):
    """Let the trainer's `turn`th round end the process."""
    play_round, count = trainer.play_round, []

    def played():
        count.append(1)
        if len(count) == turn:
            raise Killed
        return play_round()

    trainer.play_round = played
    return trainer


def eventful(folder, trainer, **options):
    """A run in which much happens: a skipped round, gamma turned, two rollbacks, a best figure."""
    watch = watched(trainer)
    scripted(
        watch,
        accuracy=lambda round, _: 0.99 if round < 14 else 0.8,
        coverage=lambda round, rollbacks: 0.1 if round >= 18 and rollbacks < 2 else 0.5,
    )
    spoiled(trainer, lambda round, _: round == 3)
    return play(
        folder, trainer, watch, measure=lambda round: {"fid": 100.0 - round % 24}, measure_every=8
    )


def without_seconds(folder):
    return [
        {key: value for key, value in line.items() if "second" not in key} for line in lines(folder)
    ]


@pytest.mark.parametrize("turn", [2, 5, 9, 17, 21, 23, 24, 26, 31, 33, 44])
def test_a_run_with_decisions_that_is_killed_goes_on_bit_for_bit(tmp_path, turn):
    whole = toy_game()
    ended = eventful(tmp_path / "whole", whole)
    assert whole.state.rollbacks == 2 and whole.state.gamma > 1
    assert any("skipped" in words for _, words in told(tmp_path / "whole"))
    with pytest.raises(Killed):
        eventful(tmp_path / "parts", killed_at(toy_game(), turn))
    resumed = toy_game()
    again = eventful(tmp_path / "parts", resumed)
    assert torch.equal(everything(whole), everything(resumed))
    assert without_seconds(tmp_path / "whole") == without_seconds(tmp_path / "parts")
    assert ended[:3] == again[:3]
    for kind in ("round", "healthy", "best"):
        assert rounds_of(tmp_path / "whole", kind) == rounds_of(tmp_path / "parts", kind)


def test_a_run_that_is_asked_to_stop_decides_as_if_it_had_not_been(tmp_path):
    import os
    import signal

    whole = toy_game()
    eventful(tmp_path / "whole", whole)
    first = toy_game()
    play_round = first.play_round

    def played():
        if first.round == 10:
            os.kill(os.getpid(), signal.SIGTERM)
        return play_round()

    first.play_round = played
    assert not eventful(tmp_path / "parts", first).finished
    resumed = toy_game()
    eventful(tmp_path / "parts", resumed)
    assert torch.equal(everything(whole), everything(resumed))
    assert told(tmp_path / "whole") == told(tmp_path / "parts")


def test_the_best_is_none_that_was_taken_back_in_its_own_round(tmp_path):
    trainer = toy_game()
    watch = scripted(watched(trainer), coverage=collapse)
    figures = {6: 60.0, 12: 30.0}

    def measure(round):
        return {
            "fid": 5.0 if round == 18 and not trainer.state.rollbacks else figures.get(round, 40.0)
        }

    ended = play(tmp_path, trainer, watch, measure=measure, measure_every=6)
    assert trainer.state.rollbacks == 1
    assert ended.best == checkpoint_of(tmp_path, 12, "best")
    assert ended.best.is_file()


def test_weights_that_are_not_finite_are_not_measured(tmp_path):
    trainer = toy_game()
    move = trainer.moves[-1]
    terms = move.terms

    def spoiling(batch, round):
        if round == 7 and not trainer.state.rollbacks:
            with torch.no_grad():
                next(trainer.players["critic"].module.parameters()).fill_(float("inf"))
        return (
            terms(batch, round)
            if round != 7
            else {"still": 0 * sum(terms(batch, 0).values()).nan_to_num()}
        )

    object.__setattr__(move, "terms", spoiling)

    def measure(round):
        assert trainer.is_finite()
        return {"fid": 1.0}

    play(
        tmp_path, trainer, watched(trainer, every=100), rounds=12, measure=measure, measure_every=4
    )
    assert trainer.round == 12
