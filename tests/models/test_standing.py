"""Batch norms that are given the statistics of what they will see."""

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from musegan.models.standing import stand


def batches(count=3):
    torch.manual_seed(0)
    return [(2 * torch.randn(50, 4) + 7,) for _ in range(count)]


def test_a_norm_gets_the_mean_statistics_of_all_batches():
    norm, seen = nn.BatchNorm1d(4, momentum=0.01).eval(), batches()
    stand(norm, seen)
    torch.testing.assert_close(norm.running_mean, torch.stack([x.mean(0) for (x,) in seen]).mean(0))
    torch.testing.assert_close(norm.running_var, torch.stack([x.var(0) for (x,) in seen]).mean(0))
    assert norm.momentum == 0.01
    assert not norm.training


def test_all_but_the_norms_stays_as_it_was():
    network = nn.Sequential(spectral_norm(nn.Linear(4, 4)), nn.BatchNorm1d(4), nn.Dropout(0.5))
    network.eval()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    stand(network, batches())
    after = network.state_dict()
    changed = {k for k in before if not torch.equal(before[k], after[k])}
    assert changed == {"1.running_mean", "1.running_var", "1.num_batches_tracked"}
    assert not any(module.training for module in network.modules())


def test_a_network_without_norms_is_shown_nothing():
    def never():
        raise AssertionError
        yield

    stand(nn.Linear(4, 4), never())
