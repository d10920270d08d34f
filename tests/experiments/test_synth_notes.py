"""Single notes of a bank, as a judge of timbres hears them of a synth."""

import numpy as np
import pytest
import torch
from notebanks import KEYS, RATE, VELOCITIES, small_bank, small_synth, write_bank

from musegan.data.sounds import open_single_notes, open_sounds, split_of_notes
from musegan.errors import UsageError
from musegan.evaluate.sounds import OURS, TEST
from musegan.experiments import build
from musegan.experiments.listening import open_sound_judge
from musegan.experiments.sound_measuring import measure_notes
from musegan.presets import SOUND_JUDGES
from musegan.settings import override

JUDGE = (
    "data.source=notes", f"data.rate={RATE}", "data.samples=4096", "model.width=8", "model.features=8",
    "train.rounds=2", "train.batch_size=4", "train.device=cpu",
)  # fmt: skip


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def judge_of(folder, bank, *settings):
    built = build(override(SOUND_JUDGES["sound-judge"], *JUDGE, f"data.folder={bank}", *settings))
    for _ in range(2):
        built.trainer.play_round()
    built.release(folder / "judge.safetensors")
    return open_sound_judge(str(folder / "judge.safetensors"))


def test_a_bank_says_what_each_note_is(tmp_path):
    strikes = small_bank(tmp_path).strikes
    assert len(strikes.keys) == sum(len(keys) for keys in KEYS.values()) * len(VELOCITIES)
    assert strikes.timbres.tolist() == sorted(strikes.timbres.tolist())
    assert strikes.keys[:4].tolist() == [40, 40, 43, 43]
    assert strikes.velocities[:4].tolist() == [60, 110, 60, 110]


def test_every_fifth_note_is_for_testing_and_knows_its_timbre(tmp_path):
    data = override(SOUND_JUDGES["sound-judge"], *JUDGE).data
    write_bank(tmp_path)
    train, test = (open_single_notes(tmp_path, data, split) for split in ("train", "test"))
    count = len(split_of_notes(44))
    assert (len(train.sounds), len(test.sounds)) == (count - count // 5, count // 5)
    assert test.classes == ("low", "high")
    assert set(test.labels.tolist()) == {0, 1}
    assert np.abs(test.sounds).max(1).min() > 0.85 * 32768  # each as loud as every other


def test_a_synth_is_heard_on_the_test_notes_of_its_bank(tmp_path):
    bank = write_bank(tmp_path / "bank", every=2)
    report = measure_notes(small_synth(tmp_path, bank), judge_of(tmp_path, bank), seeds=(0, 1))
    assert report.sounds == 12
    assert report.row(TEST).frechet == pytest.approx(0, abs=1e-3)
    assert 0 <= report.row(OURS).reads <= 1
    assert len(report.each) == 2


def test_a_judge_of_other_sounds_is_refused(tmp_path):
    bank = write_bank(tmp_path / "bank")
    folder = tmp_path / "sounds"
    for name in ("low", "high"):
        (folder / name).mkdir(parents=True)
        for index in range(4):
            (folder / name / f"{index}.flac").write_bytes((bank / f"{name}.flac").read_bytes())
    judge = judge_of(tmp_path, "", f"data.source={folder}")
    assert open_sounds(judge.experiment.data).classes == ("high", "low")
    with pytest.raises(UsageError, match="hears single notes of its timbres; train one with"):
        measure_notes(small_synth(tmp_path, bank), judge)
