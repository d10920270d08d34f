"""Recipes: networks in, moves out. Each should read like the method section of its paper."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from musegan.train.game import Move, Player, Terms
from musegan.train.losses import AdversarialLoss
from musegan.train.penalties import Critic, Judged, full_precision
from musegan.train.state import Duel, GameState


class Penalty(NamedTuple):
    name: str
    function: Callable[[Critic, Tensor, Tensor], Tensor]  # (critic, real, fake) -> scalar
    weight: float
    every: int = 1  # 1: part of the critic's own move; more: a move of its own
    schedule: Callable[[int], float] = lambda round: 1.0  # round -> factor on the weight


class Matching(NamedTuple):
    """The generator's further aim that the critic's layers make of fakes what they make of reals.

    Larsen et al. 2016 (arXiv:1512.09300). Of each layer, the mean absolute difference, of the mean
    absolute value that it makes of reals (Défossez et al. 2022, arXiv:2210.13438, eq. 2); the mean
    over layers. Only for fakes that are paired with reals.
    """

    # (sample, batch, round) -> the critic's logits, and what each of its layers made
    layers: Callable[[Tensor, Any, int], tuple[Tensor, Sequence[Tensor]]]
    weight: float


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
    own_logits: bool = False,
    remembered: Callable[[Tensor], Tensor] = lambda fake: fake,
    matching: Matching | None = None,
    alone: int = 0,
    head_start: int = 0,
    constants: Callable[[int], Hashable] | None = lambda round: (),
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

    With `own_logits` the penalties differentiate the very logits of the loss under autocast, too:
    for networks that end in float32.

    `remembered` exchanges fakes for earlier ones before the critic learns from them. With
    `adversarial_weight` 0 no critic plays, and `extra` is all that the generator minimises.

    With `matching` the generator also minimises the distance of the critic's layers. In the first
    `alone` rounds no critic plays, and `extra` is all that the generator minimises. In the first
    `head_start` rounds the critic plays alone: for a generator that begins with weights.

    `constants` says what of the round the functions depend on; None: on more than can be said. See
    `Move`.

    Penalties of weight 0 are left out: then health has a rate to turn, and no `gamma`. `state` sees
    the critic's logits and has a factor on the penalties' weights.
    """
    state = state or GameState()
    penalties = [penalty for penalty in penalties if penalty.weight]

    def judge(x: Tensor, batch: Any, round: int) -> Tensor:
        logits: Tensor = score(x, batch, round) if score else critic.module(x)
        return full_precision(logits)

    def weighted(penalty: Penalty, value: Tensor, round: int) -> Tensor:
        # Factor after factor: torch then compiles each as an input, not anew for every value.
        return state.gamma * (penalty.schedule(round) * (penalty.weight * value))

    def critic_terms(batch: Any, round: int) -> Terms:
        x, y = real(batch, round), remembered(fake(batch, round))
        known = Judged(lambda z: judge(z, batch, round))
        fine = own_logits or not torch.is_autocast_enabled(x.device.type)
        if any(p.every == 1 for p in penalties) and fine:
            # The penalties differentiate the very logits of the loss. Under autocast these would
            # be too coarse.
            (x, on_real), (y, on_fake) = known.judge(x), known.judge(y)
        else:
            on_real, on_fake = known(x), known(y)
        state.see(*loss.margins(on_real, on_fake))
        terms = {"adversarial": loss.critic(on_real, on_fake)}
        if mismatched is not None:
            on_other = judge(x.detach(), mismatched(batch, round), round)
            terms["mismatch"] = mismatch_weight * loss.critic(on_real, on_other)
        for p in penalties:
            if p.every == 1:
                terms[p.name] = weighted(p, p.function(known, x, y), round)
        return terms

    def lazy_terms(penalty: Penalty) -> Callable[[Any, int], Terms]:
        def terms(batch: Any, round: int) -> Terms:
            x, y = real(batch, round), fake(batch, round)
            value = penalty.function(lambda z: judge(z, batch, round), x, y)
            return {penalty.name: weighted(penalty, value, round)}

        return terms

    def generator_terms(batch: Any, round: int) -> Terms:
        y = fake(batch, round)
        if not adversarial_weight or (alone and round < alone):  # compiled once without `alone`
            return extra(y, batch)
        if matching is not None:
            logits, made = matching.layers(y, batch, round)
            with torch.no_grad():
                _, wanted = matching.layers(real(batch, round), batch, round)
            apart = [
                (a.float() - b.float()).abs().mean() / b.float().abs().mean().clamp(min=1e-6)
                for a, b in zip(made, wanted, strict=True)
            ]
            further = {"matching": matching.weight * torch.stack(apart).mean()}
            on_fake = full_precision(logits)
        else:
            further, on_fake = {}, judge(y, batch, round)
        on_real = judge(real(batch, round), batch, round) if loss.paired else on_fake
        fooled = adversarial_weight * loss.generator(on_real, on_fake)
        return {"adversarial": fooled, **further, **extra(y, batch)}

    def known(chosen: Sequence[Penalty]) -> Callable[[int], Hashable] | None:
        if constants is None:
            return None
        return lambda round: (constants(round), *(p.schedule(round) for p in chosen))

    if not adversarial_weight:
        return [Move(generator, generator_terms, constants=constants)]
    duel = Duel(
        generator.name,
        critic.name,
        real,
        fake,
        judge,
        loss.middle is None,
        loss.paired,
        loss.margins,
    )
    state.duels.append(duel)
    state.penalised |= bool(penalties)
    lazy = [
        Move(critic, lazy_terms(p), every=p.every, first=alone, constants=known([p]))
        for p in penalties
        if p.every > 1
    ]
    phase = (lambda round: (constants(round), round < alone)) if constants and alone else constants
    steady = known([p for p in penalties if p.every == 1])
    return [
        Move(critic, critic_terms, times=n_critic, first=alone, constants=steady),
        *lazy,
        Move(generator, generator_terms, first=head_start, constants=phase),
    ]


def together(games: Mapping[str, Sequence[Move]]) -> list[Move]:
    """Several games of the same players, on weights of their own, played at once.

    Their first moves become one, on one batch, with the terms of all, named "term_game"; then
    their second ones, and so on. Where an optimizer treats each weight by itself, as Adam does,
    each game is what it would be alone.
    """

    def terms_of(moves: Sequence[Move]) -> Callable[[Any, int], Terms]:
        def terms(batch: Any, round: int) -> Terms:
            return {
                f"{name}_{game}": value
                for game, move in zip(games, moves, strict=True)
                for name, value in move.terms(batch, round).items()
            }

        return terms

    joint = list(zip(*games.values(), strict=True))
    for first, *others in joint:
        if any(
            (m.player, m.every, m.times, m.first)
            != (first.player, first.every, first.times, first.first)
            for m in others
        ):
            raise ValueError("games that are played together have the same players and times")

    def constants_of(moves: Sequence[Move]) -> Callable[[int], Hashable] | None:
        each = [move.constants for move in moves if move.constants is not None]
        if len(each) < len(moves):
            return None
        return lambda round: tuple(constants(round) for constants in each)

    return [replace(m[0], terms=terms_of(m), constants=constants_of(m)) for m in joint]


def reconstruction(player: Player, terms: Callable[[Any, int], Terms]) -> list[Move]:
    """A game of one: an autoencoder, or any network with a loss of its own."""
    return [Move(player, terms)]
