import os

import pytest
import torch
from torch import nn

from musegan.data.batches import Batches
from musegan.errors import CheckpointError
from musegan.train.checkpoint import (
    check_config,
    checkpoint_of,
    checkpoints_of,
    latest_checkpoint,
    load_checkpoint,
    load_release,
    name_checkpoints,
    save_checkpoint,
    save_release,
)
from musegan.train.game import Player, Trainer, slow_copy
from musegan.train.recipes import reconstruction


def small_trainer(width: int = 3) -> Trainer:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, width), nn.Dropout(0.2), nn.Linear(width, 2))
    player = Player("model", net, torch.optim.Adam(net.parameters(), 0.01), slow_copy(net))
    batches = Batches(lambda r: torch.from_numpy(r.normal(size=(4, 2)).astype("float32")), 0)
    moves = reconstruction(player, lambda x, round: {"error": (net(x) - x).square().mean()})
    return Trainer(moves, batches, seed=1)


def play(trainer: Trainer, rounds: int) -> Trainer:
    for _ in range(rounds):
        trainer.play_round()
    return trainer


def weights(trainer: Trainer) -> torch.Tensor:
    modules = trainer.players["model"].module, trainer.players["model"].average
    return torch.cat([nn.utils.parameters_to_vector(m.parameters()) for m in modules]).detach()


def test_a_run_that_is_loaded_goes_on_bit_for_bit(tmp_path):
    whole = play(small_trainer(), 8)
    save_checkpoint(tmp_path, play(small_trainer(), 5), {"width": 3})
    resumed = small_trainer()
    assert load_checkpoint(tmp_path, resumed) == 5
    assert resumed.batches.index == 5
    assert torch.equal(weights(play(resumed, 3)), weights(whole))


def test_only_the_last_checkpoints_are_kept(tmp_path):
    trainer = small_trainer()
    for _ in range(4):
        save_checkpoint(tmp_path, play(trainer, 1), {}, keep=2)
    names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert names == ["round-00000003.pt", "round-00000004.pt"]
    assert latest_checkpoint(tmp_path).name == "round-00000004.pt"


def rounds_of(folder, kind):
    return [int(path.stem.partition("-")[2]) for path in checkpoints_of(folder, kind)]


@pytest.mark.parametrize("links", [True, False])
def test_a_further_name_outlasts_the_first_and_costs_no_room(tmp_path, monkeypatch, links):
    def refuse(source, target):
        raise OSError("this file system knows no links")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    trainer = small_trainer()
    for round in range(1, 7):
        save_checkpoint(tmp_path, play(trainer, 1), {}, keep=2)
        if round in (2, 5):
            name_checkpoints(tmp_path, "healthy", [2, round])
        if round == 2:
            both = [checkpoint_of(tmp_path, 2, kind) for kind in ("round", "healthy")]
            assert both[0].samefile(both[1]) is links
    assert rounds_of(tmp_path, "round") == [5, 6]
    assert rounds_of(tmp_path, "healthy") == [2, 5]
    assert latest_checkpoint(tmp_path).name == "round-00000006.pt"
    second = small_trainer()
    assert load_checkpoint(tmp_path, second, path=checkpoint_of(tmp_path, 2, "healthy")) == 2
    assert torch.equal(weights(second), weights(play(small_trainer(), 2)))


def test_going_back_names_a_healthy_round_the_last_and_only_one(tmp_path):
    trainer = small_trainer()
    for round in range(1, 5):
        save_checkpoint(tmp_path, play(trainer, 1), {}, keep=2)
        if round == 1:
            name_checkpoints(tmp_path, "healthy", [1])
    name_checkpoints(tmp_path, "round", [1], of="healthy")
    assert rounds_of(tmp_path, "round") == [1] == rounds_of(tmp_path, "healthy")


def test_a_kill_while_a_name_is_given_leaves_the_name_before(tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(source, target):
        raise Killed

    trainer = small_trainer()
    save_checkpoint(tmp_path, play(trainer, 1), {})
    name_checkpoints(tmp_path, "best", [1])
    save_checkpoint(tmp_path, play(trainer, 1), {})
    monkeypatch.setattr(os, "replace", kill)
    with pytest.raises(Killed):
        name_checkpoints(tmp_path, "best", [2])
    monkeypatch.undo()
    assert rounds_of(tmp_path, "best") == [1]
    name_checkpoints(tmp_path, "best", [2])
    assert rounds_of(tmp_path, "best") == [2]


def test_no_room_for_a_copy_is_one_line(tmp_path, monkeypatch):
    def refuse(*arguments, **options):
        raise OSError("No space left on device")

    save_checkpoint(tmp_path, play(small_trainer(), 1), {})
    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr("shutil.copyfile", refuse)
    with pytest.raises(CheckpointError, match=r"cannot save .*best-00000001.pt .*No space left"):
        name_checkpoints(tmp_path, "best", [1])


class Diary:
    """A companion: what is saved with a trainer."""

    def __init__(self):
        self.pages = []

    def state_dict(self):
        return {"pages": self.pages}

    def load_state_dict(self, state):
        self.pages = state["pages"]


def test_a_companion_is_saved_and_loaded_with_the_trainer(tmp_path):
    diary, other = Diary(), Diary()
    diary.pages = [1, 2]
    save_checkpoint(tmp_path, play(small_trainer(), 1), {}, companion=diary)
    load_checkpoint(tmp_path, small_trainer(), other)
    assert other.pages == [1, 2]
    save_checkpoint(tmp_path, play(small_trainer(), 2), {})
    load_checkpoint(tmp_path, small_trainer(), other)
    assert other.pages == [1, 2]  # it was saved without one


def test_an_empty_folder_has_no_checkpoint(tmp_path):
    assert latest_checkpoint(tmp_path) is None
    with pytest.raises(CheckpointError, match="no checkpoint in"):
        load_checkpoint(tmp_path, small_trainer())


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "pickle"])
def test_a_damaged_checkpoint_is_one_line(tmp_path, damage):
    path = save_checkpoint(tmp_path, play(small_trainer(), 1), {})
    whole = path.read_bytes()
    path.write_bytes(
        {
            "cut": whole[: len(whole) // 2],
            "empty": b"",
            "text": b"hello",
            "pickle": b"cos\nexit\n.",
        }[damage]
    )
    with pytest.raises(CheckpointError, match="is damaged") as caught:
        load_checkpoint(tmp_path, small_trainer())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("state", [{"players": {"other": {}}}, {}, [1, 2]])
def test_a_checkpoint_of_something_else_is_one_line(tmp_path, state):
    path = save_checkpoint(tmp_path, play(small_trainer(), 1), {})
    torch.save(state, path)
    with pytest.raises(CheckpointError, match="belongs to another model") as caught:
        load_checkpoint(tmp_path, small_trainer())
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_another_shape_is_one_line(tmp_path):
    save_checkpoint(tmp_path, play(small_trainer(width=3), 1), {})
    with pytest.raises(CheckpointError, match="belongs to another model") as caught:
        load_checkpoint(tmp_path, small_trainer(width=5))
    assert "\n" not in str(caught.value)


def test_other_settings_are_refused_with_every_difference(tmp_path):
    theirs = {"optimisation": {"rate": 0.1, "betas": (0.0, 0.9)}, "rounds": 10, "old": 1}
    save_checkpoint(tmp_path, small_trainer(), theirs)
    check_config(tmp_path, theirs)
    check_config(tmp_path, {**theirs, "rounds": 20}, may_change=["rounds"])
    ours = {"optimisation": {"rate": 0.2, "betas": (0.0, 0.9)}, "rounds": 20, "new": None}
    with pytest.raises(CheckpointError) as caught:
        check_config(tmp_path, ours)
    assert str(caught.value).endswith(
        "was started with other settings: optimisation.rate 0.1 there, 0.2 here; "
        "rounds 10 there, 20 here; old 1 there, absent here; new absent there, None here; "
        "use the same or another folder"
    )


def test_a_damaged_config_is_one_line(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match="is damaged"):
        check_config(tmp_path, {})


def test_a_full_disk_is_one_line_and_keeps_what_was_saved(tmp_path, monkeypatch):
    trainer = play(small_trainer(), 1)
    save_checkpoint(tmp_path, trainer, {}, keep=1)

    def save(state, file):
        raise RuntimeError("PytorchStreamWriter failed writing file data/3:\nfile write failed")

    monkeypatch.setattr(torch, "save", save)
    with pytest.raises(CheckpointError, match=r"cannot save .*file write failed") as caught:
        save_checkpoint(tmp_path, play(trainer, 1), {}, keep=1)
    assert "\n" not in str(caught.value)
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["round-00000001.pt"]


def test_what_a_killed_run_left_half_written_is_swept_away(tmp_path):
    leftover = tmp_path / "checkpoints" / ".round-00000009-abc.pt"
    leftover.parent.mkdir()
    leftover.write_bytes(b"half")
    assert latest_checkpoint(tmp_path) is None
    save_checkpoint(tmp_path, small_trainer(), {})
    assert not leftover.exists()


def test_matrices_of_one_name_can_be_stored_in_bytes(tmp_path):
    torch.manual_seed(0)
    matrix, bias = torch.randn(6, 40), torch.randn(6)
    path = tmp_path / "w.safetensors"
    tensors = {"cells.w": matrix, "cells.b": bias, "other.w": matrix}
    save_release(path, tensors, {"task": "band"}, half=False, bytewise="cells.")
    loaded, _ = load_release(path)
    assert set(loaded) == set(tensors)
    step = matrix.abs().amax(1, keepdim=True) / 127
    assert ((loaded["cells.w"] - matrix).abs() <= step / 2 + 1e-6).all()
    assert torch.equal(loaded["cells.b"], bias)
    assert torch.equal(loaded["other.w"], matrix)


def test_a_release_holds_weights_and_configuration(tmp_path):
    path = tmp_path / "model.safetensors"
    tensors = {"weight": torch.tensor([[0.1, -2.0], [1e6, 0.0]]), "steps": torch.tensor([1, 2])}
    config = {"width": 3, "name": "Ünïcode", "sizes": [1, 2]}
    save_release(path, tensors, config, half=False)
    loaded, their_config = load_release(path)
    assert their_config == config
    assert loaded.keys() == tensors.keys()
    assert all(torch.equal(loaded[name], tensors[name]) for name in tensors)


def test_a_half_release_rounds_but_what_would_overflow(tmp_path):
    tensors = {"small": torch.tensor([0.1, 3.0]), "large": torch.tensor([0.1, 1e6])}
    save_release(tmp_path / "half.safetensors", tensors, {})
    save_release(tmp_path / "same.safetensors", tensors, {})
    loaded, _ = load_release(tmp_path / "half.safetensors")
    assert loaded["small"].dtype == torch.float32
    assert loaded["small"].tolist() == [pytest.approx(0.1, rel=5e-4), 3.0]
    assert loaded["small"][0] != tensors["small"][0]
    assert torch.equal(loaded["large"], tensors["large"])
    halves = [(tmp_path / name).read_bytes() for name in ("half.safetensors", "same.safetensors")]
    assert halves[0] == halves[1]


def test_tied_weights_can_be_released(tmp_path):
    weight = torch.randn(3, 3)
    save_release(tmp_path / "tied.safetensors", {"in": weight, "out": weight.T}, {}, half=False)
    loaded, _ = load_release(tmp_path / "tied.safetensors")
    assert torch.equal(loaded["out"], weight.T)


@pytest.mark.parametrize("damage", ["cut", "head", "empty", "text", "missing", "foreign"])
def test_a_damaged_release_is_one_line(tmp_path, damage):
    path = tmp_path / "model.safetensors"
    save_release(path, {"weight": torch.randn(100)}, {"width": 3})
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "foreign":
        path.write_bytes(whole.replace(b'"musegan"', b'"another"'))
    else:
        path.write_bytes(
            {"cut": whole[:-9], "head": whole[:20], "empty": b"", "text": b"x" * 99}[damage]
        )
    with pytest.raises(CheckpointError) as caught:
        load_release(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
