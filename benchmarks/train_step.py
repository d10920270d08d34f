"""Images a second of the trainer, next to a plain loop over the same networks.

    python benchmarks/train_step.py [PRESET ...] [--compiled default|cudagraphs] [--turns N]

The plain loop is what a paper's own code looks like: gradients of whatever asks for them, Adam and
a slow copy by torch's plain means, penalties by `autograd.grad` on the logits of the loss. Both
play the same rounds on the same images, in turns; images are those that critics are shown. On a
processor the time is that of one thread, on a GPU that of the clock. Ratios are medians over turns.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from machine import write_result
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from musegan.config import ImageExperiment
from musegan.data.galleries import open_gallery
from musegan.data.pictures import as_floats
from musegan.experiments.built import device_of
from musegan.experiments.images import build_images, sizes_of
from musegan.gans import SYSTEMS
from musegan.presets import IMAGES
from musegan.settings import override
from musegan.train.losses import LOSSES
from musegan.train.precision import in_bfloat16

PRESETS = ("dcgan", "sngan", "r3gan")
IMAGES_HELD = 4000
Round = Callable[[], object]


def plain_loop(experiment: ImageExperiment, device: torch.device) -> Round:
    """A round of the experiment's game as one would write it in a script."""
    wanted = experiment.train
    gallery = open_gallery(experiment.data)
    images = torch.from_numpy(gallery.images).to(device)
    labels = torch.from_numpy(gallery.labels).to(device)
    networks = SYSTEMS[experiment.model.system].networks(sizes_of(experiment, gallery))
    generator, critic = (networks[name].to(device) for name in ("generator", "critic"))
    average = copy.deepcopy(generator)
    betas = (wanted.beta1, wanted.beta2)
    adam_generator = torch.optim.Adam(generator.parameters(), wanted.learning_rate, betas=betas)
    adam_critic = torch.optim.Adam(critic.parameters(), wanted.learning_rate, betas=betas)
    loss = LOSSES[wanted.loss]
    penalised = experiment.model.system == "r3gan"

    def drawn() -> tuple[Tensor, Tensor, Tensor]:
        rows = torch.randint(len(images), (wanted.batch_size,), device=device)
        latent = torch.randn(wanted.batch_size, experiment.model.latent, device=device)
        return as_floats(images[rows]), labels[rows], latent

    def slope(logits: Tensor, x: Tensor) -> Tensor:
        (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
        return gradient.square().sum((1, 2, 3)).mean() / 2

    def play() -> None:
        autocast = torch.autocast(device.type, torch.bfloat16, enabled=wanted.bfloat16)
        for _ in range(wanted.n_critic):
            real, classes, latent = drawn()
            adam_critic.zero_grad()
            with autocast:
                fake = generator(latent, classes).detach()
                if penalised:
                    real, fake = real.requires_grad_(), fake.requires_grad_()
                on_real, on_fake = critic(real, classes), critic(fake, classes)
                total = loss.critic(on_real.float(), on_fake.float())
            if penalised:
                total = total + wanted.gamma * (slope(on_real, real) + slope(on_fake, fake))
            total.backward()
            adam_critic.step()
        real, classes, latent = drawn()
        adam_generator.zero_grad()
        with autocast:
            on_fake = critic(generator(latent, classes), classes)
            on_real = critic(real, classes) if loss.paired else on_fake
            total = loss.generator(on_real.float(), on_fake.float())
        total.backward()
        adam_generator.step()
        with torch.no_grad():
            for old, new in zip(average.parameters(), generator.parameters(), strict=True):
                old.mul_(wanted.average).add_(new, alpha=1 - wanted.average)
            for old, new in zip(average.buffers(), generator.buffers(), strict=True):
                old.copy_(new)

    return play


def our_round(experiment: ImageExperiment, compiled: str) -> Round:
    """A round by the trainer."""
    experiment = override(experiment, f"train.compiled={compiled}")
    return build_images(experiment).trainer.play_round


def seconds(play: Round, rounds: int, device: torch.device) -> float:
    """The time of one round."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    wait_for(device)
    started = clock()
    for _ in range(rounds):
        play()
    wait_for(device)
    return (clock() - started) / rounds


def wait_for(device: torch.device) -> None:
    """Let a GPU finish what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def measure(
    preset: str, device: torch.device, given: argparse.Namespace, console: Console
) -> list[dict[str, Any]]:
    """Images a second of every way to play a preset, in both precisions where the device has both."""
    rows = []
    for bfloat16 in (False, True) if in_bfloat16(True, device) else (False,):
        experiment = override(
            IMAGES[preset],
            f"data.limit={IMAGES_HELD}",
            f"train.bfloat16={str(bfloat16).lower()}",
            f"train.device={device.type}",
            *given.set,
        )
        assert isinstance(experiment, ImageExperiment)
        wanted = experiment.train
        shown = wanted.batch_size * wanted.n_critic  # a round
        ways = {"plain": plain_loop(experiment, device), "eager": our_round(experiment, "off")}
        if given.compiled != "off":
            ways[given.compiled] = our_round(experiment, given.compiled)
        before, times = {}, {way: list[float]() for way in ways}
        for way, play in ways.items():
            started = time.perf_counter()
            for _ in range(3):  # compiled moves are compiled in the first two
                play()
            before[way] = time.perf_counter() - started
        rounds = max(1, round(given.seconds / seconds(ways["plain"], 1, device)))
        for _ in range(given.turns):
            for way, play in ways.items():
                times[way].append(seconds(play, rounds, device))
        for way in ways:
            ratios = [p / t for p, t in zip(times["plain"], times[way], strict=True)]
            rows.append(
                {
                    "preset": preset,
                    "precision": "bfloat16" if bfloat16 else "float32",
                    "way": way,
                    "images_a_second": shown / statistics.median(times[way]),
                    "beside_plain": statistics.median(ratios),
                    "least": min(ratios),
                    "most": max(ratios),
                    "first_rounds_seconds": before[way],
                    "rounds": rounds * given.turns,
                }
            )
            console.print(rows[-1])
    return rows


def parameters_of(network: nn.Module) -> int:
    """How many weights a network has."""
    return sum(weight.numel() for weight in network.parameters())


def main() -> None:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("presets", nargs="*", default=PRESETS, metavar="PRESET")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument("--compiled", default="default", choices=["off", "default", "cudagraphs"])
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="a turn of each way")
    parser.add_argument("--set", nargs="*", default=[], metavar="PATH=VALUE", help="settings")
    given = parser.parse_args()
    torch.set_num_threads(1)
    device, console = device_of(given.device), Console()
    rows, sizes = [], {}
    for preset in given.presets:
        experiment = IMAGES[preset]
        networks = SYSTEMS[experiment.model.system].networks(
            sizes_of(experiment, open_gallery(experiment.data))
        )
        sizes[preset] = {
            "batch_size": experiment.train.batch_size,
            "n_critic": experiment.train.n_critic,
            "parameters": {name: parameters_of(network) for name, network in networks.items()},
        }
        rows += measure(preset, device, given, console)
    table = Table("preset", "precision", "way", "images/s", "beside plain", "from", "to")
    for row in rows:
        names = [row["preset"], row["precision"], row["way"], f"{row['images_a_second']:.0f}"]
        table.add_row(*names, *(f"{row[key]:.2f}" for key in ("beside_plain", "least", "most")))
    console.print(table)
    figures = {"device": device.type, "settings": given.set, "presets": sizes, "rows": rows}
    print(write_result("train_step", figures))


if __name__ == "__main__":
    main()
