"""Statistics for batch norms that have stopped to learn. Brock et al. 2019, appendix C."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


@torch.no_grad()
def stand(network: nn.Module, batches: Iterable[tuple[Tensor, ...]]) -> None:
    """Give the batch norms of `network` the mean statistics of its arguments `batches`.

    A slow average has other weights than the network whose running statistics it was given, and
    truncated latents have another spread than those of training; so what is to draw is shown what
    it will draw from. All but its norms stays as it is in evaluation.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    momenta, training = [norm.momentum for norm in norms], network.training
    network.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean of all batches
        norm.train()
    for arguments in batches:
        network(*arguments)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.train(training)
