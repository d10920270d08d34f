"""Recipes: networks in, moves out. Each should read like the method section of its paper."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from musegan.train.game import Move, Player, Terms
from musegan.train.losses import AdversarialLoss
from musegan.train.penalties import Critic, full_precision
from musegan.train.state import GameState


class Penalty(NamedTuple):
    name: str
    function: Callable[[Critic, Tensor, Tensor], Tensor]  # (critic, real, fake) -> scalar
    weight: float
    every: int = 1  # 1: part of the critic's own move; more: a move of its own


def adversarial(
    generator: Player,
    critic: Player,
    loss: AdversarialLoss,
    *,
    fake: Callable[[Any, int], Tensor],
    real: Callable[[Any, int], Tensor] = lambda batch, round: batch,
    score: Callable[[Tensor, Any, int], Tensor] | None = None,
    extra: Callable[[Tensor, Any], Terms] = lambda fake, batch: {},
    penalties: Sequence[Penalty] = (),
    n_critic: int = 1,
    mismatched: Callable[[Any, int], Any] | None = None,
    mismatch_weight: float = 1.0,
    adversarial_weight: float = 1.0,
    state: GameState | None = None,
) -> list[Move]:
    """The moves nearly every two-player GAN shares.

    `real` and `fake` are functions of (batch, round), `score` of (sample, batch, round); by
    default the batch is the real sample and `critic.module` scores it. `extra` gives the
    generator more terms, already weighted, from (fake, batch).

    `mismatched` maps (batch, round) to the batch with the conditions of other rows. The critic
    then also tells real samples under their own condition from real samples under another's,
    at `mismatch_weight`: GAN-CLS, algorithm 1 of Reed et al. 2016 (arXiv:1605.05396), which is
    half of ours at weight 1.

    `state` sees the critic's logits and has a factor on the penalties' weights.
    """
    state = state or GameState()

    def judge(x: Tensor, batch: Any, round: int) -> Tensor:
        logits: Tensor = score(x, batch, round) if score else critic.module(x)
        return full_precision(logits)

    def critic_terms(batch: Any, round: int) -> Terms:
        x, y = real(batch, round), fake(batch, round)
        if any(p.every == 1 for p in penalties) and not torch.is_autocast_enabled(x.device.type):
            # Leaves, so that the penalties differentiate the very logits of the loss: r1 and r2
            # cost no forward of their own. Under autocast these logits would be too coarse.
            x, y = x.detach().requires_grad_(), y.detach().requires_grad_()
        on_real, on_fake = judge(x, batch, round), judge(y, batch, round)
        state.see(on_real, on_fake)

        def known(z: Tensor) -> Tensor:
            if z.requires_grad and (z is x or z is y):
                return on_real if z is x else on_fake
            return judge(z, batch, round)

        terms = {"adversarial": loss.critic(on_real, on_fake)}
        if mismatched is not None:
            on_other = judge(x.detach(), mismatched(batch, round), round)
            terms["mismatch"] = mismatch_weight * loss.critic(on_real, on_other)
        for p in penalties:
            if p.every == 1:
                terms[p.name] = state.gamma * p.weight * p.function(known, x, y)
        return terms

    def lazy_terms(penalty: Penalty) -> Callable[[Any, int], Terms]:
        def terms(batch: Any, round: int) -> Terms:
            x, y = real(batch, round), fake(batch, round)
            value = penalty.function(lambda z: judge(z, batch, round), x, y)
            return {penalty.name: state.gamma * penalty.weight * value}

        return terms

    def generator_terms(batch: Any, round: int) -> Terms:
        y = fake(batch, round)
        on_fake = judge(y, batch, round)
        on_real = judge(real(batch, round), batch, round) if loss.paired else on_fake
        fooled = adversarial_weight * loss.generator(on_real, on_fake)
        return {"adversarial": fooled, **extra(y, batch)}

    lazy = [Move(critic, lazy_terms(p), every=p.every) for p in penalties if p.every > 1]
    return [Move(critic, critic_terms, times=n_critic), *lazy, Move(generator, generator_terms)]


def reconstruction(player: Player, terms: Callable[[Any, int], Terms]) -> list[Move]:
    """A game of one: an autoencoder, or any network with a loss of its own."""
    return [Move(player, terms)]
