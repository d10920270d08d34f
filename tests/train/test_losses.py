from math import exp, log

import pytest
import torch

from musegan.train.losses import LOSSES

REAL, FAKE = torch.tensor([[2.0], [0.5]]), torch.tensor([[-1.5], [1.0]])


def softplus(x):
    return log(1 + exp(x))


@pytest.mark.parametrize(
    ("name", "critic", "generator"),
    [
        (
            "vanilla",
            (softplus(-2) + softplus(-0.5)) / 2 + (softplus(-1.5) + softplus(1)) / 2,
            (softplus(1.5) + softplus(-1)) / 2,
        ),
        ("least_squares", ((1 + 0.25) / 2 + (2.25 + 1) / 2) / 2, (6.25 + 0) / 2 / 2),
        ("hinge", (0 + 0.5) / 2 + (0 + 2) / 2, 0.25),
        ("wasserstein", -0.25 - 1.25, 0.25),
        (
            "relativistic",
            (softplus(-3.5) + softplus(0.5)) / 2,
            (softplus(3.5) + softplus(-0.5)) / 2,
        ),
    ],
)
def test_the_losses_of_logits_known_by_hand(name, critic, generator):
    loss = LOSSES[name]
    assert loss.critic(REAL, FAKE).item() == pytest.approx(critic)
    assert loss.generator(REAL, FAKE).item() == pytest.approx(generator)


@pytest.mark.parametrize("name", LOSSES)
def test_only_a_paired_generator_loss_reads_the_real_logits(name):
    loss = LOSSES[name]
    same = loss.generator(REAL, FAKE).item() == loss.generator(REAL + 1, FAKE).item()
    assert same is not loss.paired


@pytest.mark.parametrize("name", LOSSES)
def test_the_critic_wants_real_up_and_the_generator_fake_up(name):
    real, fake = torch.zeros(3, requires_grad=True), torch.zeros(3, requires_grad=True)
    on_real, on_fake = torch.autograd.grad(
        LOSSES[name].critic(real, fake), (real, fake), allow_unused=True
    )
    (generator,) = torch.autograd.grad(LOSSES[name].generator(real, fake), fake)
    assert (on_real < 0).all() and (generator < 0).all()
    assert (on_fake >= 0).all()
