"""The networks and the game of touch."""

import pytest
import torch
from touches import LATE, LOUD, SMALL, SOFT, write_touches

from musegan.config import TouchExperiment
from musegan.data.touches import read_touches
from musegan.experiments import build
from musegan.experiments.touch_measuring import drawn, windows_of
from musegan.experiments.touches import load_touch, sizes_of
from musegan.gans.touch import REACH, networks
from musegan.music.band import Role
from musegan.music.touch import DRUMS, NOMINAL, TOLD, VOICES  # fmt: skip
from musegan.music.touch import LATE as LATE_UNIT
from musegan.music.touch import LOUD as LOUD_UNIT
from musegan.presets import TOUCHES
from musegan.settings import override


@pytest.fixture
def generator():
    torch.manual_seed(0)
    made = networks(sizes_of(TouchExperiment()))["generator"]
    for weights in made.parameters():
        torch.nn.init.normal_(weights, 0.0, 0.1)
    return made


def batch(count=2, steps=64):
    dice = torch.Generator().manual_seed(1)
    told = torch.rand(count, TOLD, steps, generator=dice)
    told[:, :VOICES] = (told[:, :VOICES] > 0.5).float()
    told[:, DRUMS] = torch.tensor([1.0, 0.0])[:count, None]
    hand = torch.randn(count, 8, generator=dice)
    return told, hand, torch.randn(count, 4, steps, generator=dice)


def test_what_is_not_struck_has_no_touch_and_drums_alone_are_late(generator):
    told, hand, noise = batch()
    touch = generator(told, hand, noise)
    loud, late = touch.split(VOICES, 1)
    off = told[:, :VOICES] == 0
    assert not loud[off].any()
    assert not late[off].any()
    assert (loud[~off] != 0).all()
    assert (late[0][~off[0]] != 0).all()
    assert not late[1].any()


def test_touch_depends_on_no_later_step_and_on_none_long_before(generator):
    told, hand, noise = batch(1)
    before = generator(told, hand, noise)
    for step, first in ((40, 40), (0, 0)):
        other, chance = told.clone(), noise.clone()
        other[:, VOICES:DRUMS, step] += 1
        chance[:, :, step] += 1
        after = generator(other, hand, chance)
        changed = (after != before).any(1)[0].nonzero().flatten()
        assert changed.min() == first
        assert changed.max() <= first + REACH
    assert REACH == 30


def test_a_hand_is_felt_in_every_note(generator):
    told, hand, noise = batch(1)
    struck = told[:, :VOICES] > 0
    apart = generator(told, hand + 1, noise) - generator(told, hand, noise)
    assert (apart[:, :VOICES][struck] != 0).all()


def test_it_learns_who_is_loud_and_who_is_late(tmp_path):
    torch.set_num_threads(1)
    folder = write_touches(tmp_path)
    experiment = override(
        TOUCHES["touch"], *SMALL, "model.width=16", "model.critic_width=16", f"data.folder={folder}",
        "train.rounds=400", "train.batch_size=16", "health.watch=false", "train.learning_rate=3e-3",
        "train.device=cpu", "train.average=0.98", "train.gamma=1",
    )  # fmt: skip
    built = build(experiment)
    for _ in range(400):
        built.trainer.play_round()
    built.release(tmp_path / "touch.safetensors")
    model = load_touch(tmp_path / "touch.safetensors")
    unseen = read_touches("touch", str(folder), "validation")
    drums, piano = (windows_of(unseen, role, 64) for role in (Role.DRUMS, Role.PIANO))
    loud, late = torch.from_numpy(drawn(model, drums, 0)).split(VOICES, 1)
    struck = torch.from_numpy(drums.told[:, :VOICES] > 0)
    kicks, hats = (loud[:, voice][struck[:, voice]].mean() for voice in (0, 2))
    wanted = (LOUD - SOFT) / ((LOUD + 2 * SOFT) / 3) * NOMINAL / LOUD_UNIT
    assert float(kicks - hats) == pytest.approx(wanted, rel=0.35)
    assert float(late[:, 2][struck[:, 2]].mean()) * LATE_UNIT == pytest.approx(LATE, abs=0.1)
    assert abs(float(late[:, 0][struck[:, 0]].mean())) * LATE_UNIT < 0.1
    top, bottom = (torch.from_numpy(drawn(model, piano, 0))[:, voice] for voice in (1, 0))
    assert float(top[top != 0].mean()) > 0.5 > -0.2 > float(bottom[bottom != 0].mean())
