import pytest
import torch
from imagemodels import SMALL, release
from torch import nn

from musegan.errors import CheckpointError, ConfigError
from musegan.experiments.starting import begin_with, weights_of
from musegan.gans import SYSTEMS


def test_a_release_gives_its_players_weights(tmp_path):
    path = release(tmp_path / "d.safetensors", "dcgan", seed=1)
    torch.manual_seed(2)
    networks = SYSTEMS["dcgan"].networks(SMALL)
    critic = networks["critic"].state_dict()["layers.0.weight"].clone()
    begin_with(str(path), SYSTEMS["dcgan"].begin, networks)
    wanted = weights_of(str(path))["generator"]["layers.0.weight"]
    assert torch.equal(networks["generator"].state_dict()["layers.0.weight"], wanted)
    assert torch.equal(networks["critic"].state_dict()["layers.0.weight"], critic)


def test_a_run_gives_the_averages_where_there_are(tmp_path):
    folder = tmp_path / "run" / "checkpoints"
    folder.mkdir(parents=True)
    one, two = nn.Linear(2, 1).state_dict(), nn.Linear(2, 1).state_dict()
    players = {
        "generator": {"module": one, "average": two},
        "critic": {"module": one, "average": None},
    }
    torch.save({"players": players}, folder / "round-00000001.pt")
    weights = weights_of(str(tmp_path / "run"))
    assert torch.equal(weights["generator"]["weight"], two["weight"])
    assert torch.equal(weights["critic"]["weight"], one["weight"])


def test_other_networks_and_other_sizes_are_refused_in_a_line(tmp_path):
    path = str(release(tmp_path / "d.safetensors", "dcgan"))
    wider = SYSTEMS["dcgan"].networks(SMALL._replace(width=8))
    with pytest.raises(ConfigError, match=r"other networks, or of other sizes.*model\.width"):
        begin_with(path, SYSTEMS["dcgan"].begin, wider)
    with pytest.raises(ConfigError, match="players generator, wanted other"):
        begin_with(path, SYSTEMS["dcgan"].begin, {"other": nn.Linear(1, 1)})


def test_what_is_not_there_is_named(tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(CheckpointError, match="no checkpoint in this folder"):
        weights_of(str(tmp_path / "run"))
    with pytest.raises(CheckpointError, match="no model 'gone'"):
        weights_of("gone")
    checkpoints = tmp_path / "run" / "checkpoints"
    checkpoints.mkdir()
    (checkpoints / "round-00000001.pt").write_bytes(b"half a checkpoint")
    with pytest.raises(CheckpointError, match="damaged"):
        weights_of(str(tmp_path / "run"))
