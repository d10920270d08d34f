"""The settings of the peers: earlier GANs on piano rolls, trained on the band's data."""

from dataclasses import dataclass, field
from typing import Literal

from musegan.config.health import ONLY_WATCHED, Health
from musegan.config.training import Training
from musegan.errors import ConfigError

PeerSystemName = Literal["musegan", "deepcomposer"]
Neurons = Literal["none", "deterministic", "stochastic"]

CHORALES = "deepcomposer-jsb"
VOICES = ("soprano", "alto", "tenor", "bass")  # the tracks of a chorale
ROLES = ("drums", "bass", "piano", "guitar", "strings")


@dataclass(frozen=True, kw_only=True)
class PeerData:
    """Which prepared corpora, how much of a batch each gives, and which tracks are learned."""

    folder: str = "prepared"  # holds one .npz a corpus; of deepcomposer-jsb, its MIDI files
    corpora: tuple[str, ...] = ("pop909", "simutrans", "freedoom", "lieder")
    shares: tuple[float, ...] = (0.4, 0.2, 0.3, 0.1)
    tracks: tuple[str, ...] = ROLES  # of deepcomposer-jsb its four voices

    def __post_init__(self) -> None:
        if len(self.corpora) != len(self.shares) or min(self.shares, default=0) <= 0:
            raise ConfigError(
                f"data.shares={self.shares}: give each of the {len(self.corpora)} corpora of "
                f"data.corpora one number above 0"
            )
        known = VOICES if self.chorales else ROLES
        if (
            not self.tracks
            or not set(self.tracks) <= set(known)
            or self.chorales > (len(self.corpora) == 1 and self.tracks == VOICES)
        ):
            raise ConfigError(
                f"data.tracks={','.join(self.tracks)}: of {','.join(self.corpora)} there are "
                f"{','.join(known)}{' (all, and no other corpus)' if self.chorales else ''}"
            )

    @property
    def chorales(self) -> bool:
        """Whether the data are the clips of chorales of AWS DeepComposer's notebook."""
        return CHORALES in self.corpora


@dataclass(frozen=True, kw_only=True)
class PeerModel:
    """The networks of a peer."""

    system: PeerSystemName = "musegan"
    width: int = 16  # channels, as each paper counts them; see its module
    critic_width: int = 32
    latent: int = 32  # of musegan: numbers of each of its four kinds of latent
    neurons: Neurons = "none"  # of musegan: what makes its chances notes before the critic
    conditional: bool = True  # of musegan: track-conditional, by the melody; else from scratch

    def __post_init__(self) -> None:
        if min(self.width, self.critic_width, self.latent) < 1:
            raise ConfigError(
                f"model.width={self.width}, model.critic_width={self.critic_width} and "
                f"model.latent={self.latent} must be at least 1"
            )
        if self.system == "deepcomposer" and (self.neurons != "none" or not self.conditional):
            raise ConfigError(
                "model.neurons and model.conditional are of musegan; deepcomposer hears the melody "
                "and has no binary neurons"
            )


@dataclass(frozen=True, kw_only=True)
class PeerExperiment:
    """One training run of a peer, whole."""

    name: str = "musegan"
    task: Literal["peer"] = "peer"
    data: PeerData = field(default_factory=PeerData)
    model: PeerModel = field(default_factory=PeerModel)
    train: Training = field(default_factory=Training)
    health: Health = field(default_factory=lambda: ONLY_WATCHED)
    seed: int = 0
    start: str = ""  # run folder whose weights to begin with, or a release; empty: fresh ones

    def __post_init__(self) -> None:
        if self.data.chorales and self.model.system != "deepcomposer":
            raise ConfigError(
                f"data.corpora={CHORALES} has clips of two bars, which deepcomposer alone learns; "
                f"give model.system={self.model.system} a prepared corpus"
            )
