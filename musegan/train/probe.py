"""A look at a game from outside: measures of its critics and of its generators' samples.

A look changes nothing that the game depends on: random states, buffers and modules are afterwards
what they were, so a run that is looked at is the run that is not.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from musegan.train.game import Player, Trainer
from musegan.train.state import Duel

JUDGED = 256  # samples that the critic is asked about
SEED = 0x4EA17  # of latents, projections and cluster centres: the same in every look
NEIGHBOURS, CLUSTERS, TURNS, MOST_FEATURES = 5, 20, 5, 256


def plain_features(x: Tensor) -> Tensor:
    """Any samples as float32 vectors, (batch, feature): images at 8 x 8 pixels, others as they are.

    More than 256 numbers are brought to 64 by a random projection, always the same.
    """
    x = x.float()
    if x.ndim == 4 and min(x.shape[-2:]) > 8:
        x = adaptive_avg_pool2d(x, 8)
    x = x.flatten(1)
    if x.shape[1] <= MOST_FEATURES:
        return x
    dice = torch.Generator().manual_seed(SEED)
    projection = torch.randn(x.shape[1], 64, generator=dice).to(x.device)
    small: Tensor = x @ projection / x.shape[1] ** 0.5
    return small


@dataclass(frozen=True, eq=False)
class Probe:
    """What to look with."""

    known: Callable[[], Sequence[Any]]  # batches of what the critics learn from, always the same
    held: Callable[[], Sequence[Any] | None] = lambda: None  # of others; None: there are none
    features: Callable[[Tensor], Tensor] = plain_features  # samples -> (batch, feature)


def look(trainer: Trainer, probe: Probe) -> dict[str, float]:
    """The measures of every duel of the game, by name: those of `of_critic` and `compare`.

    Names are "health/MEASURE", or "health/CRITIC/MEASURE" where there are several duels.
    """
    known, held = probe.known(), probe.held()
    found: dict[str, float] = {}
    with _unchanged(trainer):
        for prefix, duel in duels_of(trainer).items():
            values = of_critic(trainer, duel, known, held or known)
            if not held:
                del values["gap"], values["held_sign"]
            values |= of_samples(trainer, duel, held or known, probe.features)
            found |= {f"health/{prefix}{name}": value for name, value in values.items()}
    return found


def duels_of(trainer: Trainer) -> dict[str, Duel]:
    """The duels of a game, by what their measures' names begin with: nothing if there is one."""
    duels = trainer.state.duels
    if len(duels) == 1:
        return {"": duels[0]}
    names = [duel.critic for duel in duels]
    return {
        f"{name}/" if names.count(name) == 1 else f"{name}_{index}/": duel
        for index, (name, duel) in enumerate(zip(names, duels, strict=True), start=1)
    }


def of_critic(
    trainer: Trainer, duel: Duel, known: Sequence[Any], held: Sequence[Any]
) -> dict[str, float]:
    """What a critic makes of known, held-out and generated samples, as it trains.

    pairs: of pairs of known and generated samples, how many it tells, 0 to 1; .5 by chance.
    gap: how far the held-out ones fall from the known ones towards the generated: about 0 to 1.
    held_sign: the mean sign of its margins on held-out samples.
    real_gradient, fake_gradient: its mean squared gradient at known and at generated samples.
    """
    torch.manual_seed(SEED)
    round, first = trainer.round, list[Tensor]()
    logits: dict[str, list[Tensor]] = {"known": [], "held": [], "fake": []}
    with torch.no_grad():
        for one, other in zip(known, held, strict=False):
            samples = duel.real(one, round), duel.real(other, round), duel.fake(one, round)
            for name, x, batch in zip(logits, samples, (one, other, one), strict=True):
                logits[name].append(_by_sample(duel.score(x, batch, round)))
            first = first or [samples[0], samples[2]]
            if sum(len(part) for part in logits["known"]) >= JUDGED:
                break
    gradients = [_input_gradient(duel, x, known[0], round) for x in first]
    real, unseen, fake = (torch.cat(parts) for parts in logits.values())
    pairs = real[:, None] - fake
    distance = float(real.mean() - fake.mean())
    return {
        "pairs": float(((pairs > 0).float() + (pairs == 0).float() / 2).mean()),
        "gap": float(real.mean() - unseen.mean()) / distance if distance > 0 else 0.0,
        "held_sign": float(duel.margins(unseen, fake)[0].sign().mean()),
        "real_gradient": float(gradients[0].square().sum(1).mean()),
        "fake_gradient": float(gradients[1].square().sum(1).mean()),
    }


def of_samples(
    trainer: Trainer, duel: Duel, held: Sequence[Any], features: Callable[[Tensor], Tensor]
) -> dict[str, float]:
    """What a generator's average draws beside real samples; see `compare`."""
    torch.manual_seed(SEED)
    real, fake = [], []
    with torch.no_grad(), _released(trainer.players[duel.generator]):
        for batch in held:
            real.append(features(duel.real(batch, trainer.round)))
            fake.append(features(duel.fake(batch, trainer.round)))
    return compare(torch.cat(real), torch.cat(fake))


def compare(real: Tensor, fake: Tensor) -> dict[str, float]:
    """Features of as many real and generated samples, (sample, feature), beside each other.

    coverage: share of real samples with a generated one nearer than their fifth real neighbour
        (Naeem et al. 2020, arXiv:2002.09797, eq. 8), 0 to 1.
    spread: mean distance between generated samples, of that between real ones.
    twins: share of generated samples with another nearer than a tenth of the usual distance of
        real neighbours.
    modes: divergence in nats of the histogram of generated samples over 20 clusters of real ones
        from that of the real ones (the bins of Richardson and Weiss 2018, arXiv:1805.12462).
    distance: Fréchet distance of the two (Heusel et al. 2017, arXiv:1706.08500, eq. 6), of the
        real ones' total variance.
    """
    if not bool(fake.isfinite().all()):
        return {}
    among_real, among_fake = _distances(real, real), _distances(fake, fake)
    across = _distances(real, fake)
    near = min(NEIGHBOURS, len(real) - 1)
    radius = among_real.kthvalue(near + 1, dim=1).values  # the first is the sample itself
    neighbour = among_real.kthvalue(2, dim=1).values.median()
    twin = among_fake.kthvalue(2, dim=1).values < neighbour / 10
    real_share, fake_share = _histograms(real, fake)
    return {
        "coverage": float((across.amin(1) < radius).float().mean()),
        "spread": float(among_fake.mean() / among_real.mean().clamp(min=1e-12)),
        "twins": float(twin.float().mean()),
        "modes": float((fake_share * (fake_share / real_share).log()).nan_to_num().sum()),
        "distance": _frechet(real, fake),
    }


def _distances(x: Tensor, y: Tensor) -> Tensor:
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _histograms(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Shares of clusters of the real samples, in both; half a sample is added to each of the real."""
    dice = torch.Generator().manual_seed(SEED)
    count = min(CLUSTERS, len(real) // 8)
    centres = real[torch.randperm(len(real), generator=dice)[:count].to(real.device)]
    for _ in range(TURNS):
        nearest = torch.cdist(real, centres).argmin(1)
        member = torch.nn.functional.one_hot(nearest, count).to(real.dtype)
        size = member.sum(0)[:, None]
        centres = torch.where(size > 0, member.T @ real / size.clamp(min=1), centres)
    counts = [torch.cdist(x, centres).argmin(1).bincount(minlength=count) for x in (real, fake)]
    smooth = counts[0].double() + 0.5
    return smooth / smooth.sum(), counts[1].double() / counts[1].sum()


def _frechet(real: Tensor, fake: Tensor) -> float:
    """The Fréchet distance of two sets of features, of the first one's total variance."""
    real, fake = real.double().cpu(), fake.double().cpu()
    gap = (real.mean(0) - fake.mean(0)).square().sum()
    size = real.shape[1]
    one, other = (torch.cov(x.T).view(size, size) for x in (real, fake))
    values, vectors = torch.linalg.eigh(one)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ other @ root).clamp(min=0).sqrt().sum()
    total = one.trace()
    return float((gap + total + other.trace() - 2 * cross) / total.clamp(min=1e-12))


def _input_gradient(duel: Duel, x: Tensor, batch: Any, round: int) -> Tensor:
    x = x.detach().float().requires_grad_()
    (gradient,) = torch.autograd.grad(duel.score(x, batch, round).sum(), x)
    return gradient.flatten(1)


def _by_sample(logits: Tensor) -> Tensor:
    """One logit a sample: patches are averaged."""
    return logits.float().flatten(1).mean(1) if logits.ndim > 1 else logits.float()


@contextmanager
def _unchanged(trainer: Trainer) -> Iterator[None]:
    """Random states and buffers are afterwards what they were."""
    devices = {player.device for player in trainer.players.values()}
    cuda = [device for device in devices if device.type == "cuda"]
    modules = [player.module for player in trainer.players.values()]
    buffers = [buffer for module in modules for buffer in module.buffers()]
    before = [buffer.clone() for buffer in buffers]
    try:
        with torch.random.fork_rng(cuda, enabled=True):
            yield
    finally:
        for buffer, value in zip(buffers, before, strict=True):
            buffer.copy_(value)


@contextmanager
def _released(player: Player) -> Iterator[None]:
    """The slow average's weights in the player's own network, evaluating, where it has an average.

    Weights change places and no module does: a recipe may hold on to parts of one.
    """
    module, average = player.module, player.average
    if average is None:
        yield
        return
    modes = [(part, part.training) for part in module.modules()]
    _exchange(module, average)
    module.eval()
    try:
        yield
    finally:
        _exchange(module, average)
        for part, training in modes:
            part.training = training


def _exchange(one: nn.Module, other: nn.Module) -> None:
    """Give each of two networks of one shape the other's weights and buffers."""
    pairs = zip(
        [*one.parameters(), *one.buffers()], [*other.parameters(), *other.buffers()], strict=True
    )
    for mine, theirs in pairs:
        mine.data, theirs.data = theirs.data, mine.data
