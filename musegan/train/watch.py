"""Health's decisions: what is done about a sign, by rules, from a history that is saved with the run.

The first answers are mild and the game goes on: more augmentation, double the penalties' weight,
or half the critic's rate. What they do not cure is taken back to the last healthy round, with other
noise and half the rates; what comes back after that stops the run.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from musegan.config.health import Health
from musegan.train import ranks
from musegan.train.game import Trainer
from musegan.train.health import Course, Sign, signs_of, suspects
from musegan.train.probe import Probe, look
from musegan.train.state import GameState

TURNS = 3  # of one knob for one sign
TAKEN_BACK = (
    "vanished",
    "asymmetry",
    "mode loss",
)  # signs of a game that does not come back by itself
MORE_AUGMENTATION, MOST_AUGMENTATION = 0.1, 0.8
REMEMBERED = 500  # lines of the history


class Decision(NamedTuple):
    """What is wrong and what is done about it; false where there is nothing to say."""

    words: str = ""
    target: int | None = None  # the healthy round to go back to

    def __bool__(self) -> bool:
        return bool(self.words)


@dataclass(eq=False)
class Watch:
    """Looks at a game, remembers, and decides. Its state goes into the run's checkpoints."""

    wanted: Health
    probe: Probe | None  # None: only the players' own numbers are looked at
    rounds: int  # of the whole run
    figure: str = ""  # whose best is kept, lower being better; empty: coverage's, higher being so
    history: list[dict[str, float]] = field(default_factory=list)
    answered: dict[str, int] = field(default_factory=dict)  # sign -> round when it was last met
    turned: dict[str, int] = field(default_factory=dict)  # sign -> how often a knob was turned
    named: dict[str, int] = field(default_factory=dict)  # sign -> how often it was only said
    skipped: int = 0  # rounds in a row that were not finite
    suspected: bool = False  # whether the last look showed any sign
    best: tuple[float, int, int] | None = None  # the best figure, its round, rollbacks before it
    last_figure: float | None = None
    healthy: list[int] = field(default_factory=list)  # rounds of the checkpoints that are
    stopped: str = ""  # why, once it is

    def due(self, round: int, regular: bool) -> bool:
        """Whether to look after this round; what is `regular`ly saved is looked at, too."""
        return self.wanted.watch and (regular or round % self.wanted.every == 0)

    def look(self, trainer: Trainer) -> dict[str, float]:
        """Measure the game as it is; changes nothing but that the signs are read."""
        state = trainer.state
        real, fake = state.read_signs("health")
        found = {"real_sign": real, "fake_sign": fake, "accuracy": (2 + real - fake) / 4}
        found["gamma"] = state.gamma
        if state.augmentation:
            found["augmentation"] = state.augmentation
        probe, seen = self.probe, dict[str, float]()
        if probe is not None:
            seen = ranks.from_first(lambda: look(trainer, probe))
        return {f"health/{name}": value for name, value in found.items()} | seen

    def decide(self, trainer: Trainer, line: dict[str, float]) -> Decision:
        """Take a line of what was measured into the history, and say what to do."""
        self.history = _thinned([*self.history, {"round": trainer.round, **line}])
        duels = trainer.state.duels
        course = Course(
            self.history,
            self.wanted,
            self.rounds,
            self.figure,
            self.best[:2] if self.figure and self.best else None,
            may_win=all(duel.may_win for duel in duels),
            paired=bool(duels) and all(duel.paired for duel in duels),
        )
        self.suspected = suspects(course)
        signs = signs_of(course, self.answered)
        return self._answer(signs[0], trainer) if signs else Decision()

    def follow(self, line: dict[str, float], trainer: Trainer) -> None:
        """Note the figure of a round that is being saved."""
        figure = line.get(self.figure)
        covered = [v for name, v in line.items() if name.split("/")[-1] == "coverage"]
        if not self.figure and covered:
            figure = -sum(covered) / len(covered)
        if figure is None or figure != figure:  # what is no number is no figure
            return
        self.last_figure = figure
        if self.best is None or figure < self.best[0]:
            self.best = (figure, trainer.round, trainer.state.rollbacks)

    def diverged(self, trainer: Trainer, what: str, *, lasting: bool) -> Decision | None:
        """Say what to do about numbers that are not finite: in a round, or `lasting`, in weights.

        None if nothing can be done: then it is an error.
        """
        self.suspected = True
        self.skipped += 1
        if not (self.wanted.watch and self.wanted.rollback):
            return None
        what = what.partition("; ")[0].partition(": ")[2]
        if not lasting and self.skipped <= self.wanted.patience:
            return Decision(f"{what}; the rest of the round is skipped")
        return self._back(what, trainer.round, trainer.state)

    def saved(self, trainer: Trainer, looked: bool) -> None:
        """Note that the round is being saved; it is healthy if a look at it showed no sign."""
        if looked and self.wanted.rollback and not self.suspected:
            kept = {round for round in self.healthy if round < trainer.round} | {trainer.round}
            self.healthy = sorted(kept)[-self.wanted.keep :]

    def learn_from(self, tried: dict[str, Any]) -> None:
        """Having gone back, keep in mind what was tried since, and the best that was found."""
        for name in ("best", "turned", "named"):
            setattr(self, name, tried[name])
        self.skipped = 0

    def needs_beginning(self, trainer: Trainer) -> bool:
        """Whether the first weights are to be saved, since there is nothing to go back to yet."""
        return self.wanted.watch and self.wanted.rollback and trainer.round == 0

    def is_best(self, trainer: Trainer) -> bool:
        """Whether the best figure is that of the present round."""
        return self.best is not None and self.best[1:] == (trainer.round, trainer.state.rollbacks)

    @property
    def preferred(self) -> int | None:
        """The round of the best figure, if the last figure is clearly worse."""
        if self.best is None or self.last_figure is None:
            return None
        times = self.wanted.worse if self.figure else self.wanted.coverage
        return self.best[1] if self.last_figure > times * self.best[0] else None

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _SAVED}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name in [name for name in _SAVED if name in state]:
            value = state[name]
            setattr(self, name, value.copy() if isinstance(value, (list, dict)) else value)
        if not self.wanted.stop:
            self.stopped = ""

    def _answer(self, sign: Sign, trainer: Trainer) -> Decision:
        """Do the mildest thing that is allowed and not used up."""
        self.answered[sign.name] = trainer.round
        times = self.turned.get(sign.name, 0)
        if sign.name not in ("age", "mode loss") and times < TURNS:
            done = _turn(sign.name, trainer.state, self.wanted)
            if done:
                self.turned[sign.name] = times + 1
                return Decision(f"{sign.words}; {done}")
        if sign.name in TAKEN_BACK and self.wanted.rollback:
            back = self._back(sign.words, sign.since, trainer.state)
            if back is not None:
                return back
            if self.wanted.stop:
                return self._stop(f"{sign.words}; it was taken back in vain")
        if sign.name == "age" and self.wanted.stop:
            return self._stop(sign.words)
        # Only said, each time after twice as many rounds.
        self.named[sign.name] = self.named.get(sign.name, 0) + 1
        quiet = 2 ** self.named[sign.name] - 2
        self.answered[sign.name] += quiet * self.wanted.patience * self.wanted.every
        return Decision(sign.words)

    def _back(self, words: str, since: int, state: GameState) -> Decision | None:
        """Go back to before the round `since`; None if it was done too often, or cannot be."""
        target = max((round for round in self.healthy if round < since), default=None)
        if target is None or state.rollbacks >= self.wanted.rollbacks:
            return None
        return Decision(
            f"{words}; taken back to round {target:,}, with other noise and half the rates", target
        )

    def _stop(self, words: str) -> Decision:
        self.stopped = words
        return Decision(f"{words}; stopped")


def _thinned(history: list[dict[str, float]]) -> list[dict[str, float]]:
    """Half of the older lines, once there are many."""
    if len(history) <= REMEMBERED:
        return history
    half = REMEMBERED // 2
    return history[:-half:2] + history[-half:]


_SAVED = ("history", "answered", "turned", "named", "skipped", "suspected", "best", "last_figure", "healthy",
          "stopped")  # fmt: skip


def _turn(sign: str, state: GameState, wanted: Health) -> str:
    """Turn the knob that helps against a sign; returns what was done, "" if nothing may be."""
    if sign == "overfit":
        more = min(state.augmentation + MORE_AUGMENTATION, MOST_AUGMENTATION)
        if wanted.augment and state.augmentable and more > state.augmentation:
            state.augmentation = more
            return f"augmentation raised to {more:.2g}"
    if not wanted.gamma:
        return ""
    if state.penalised:
        state.gamma *= 2
        return f"gamma doubled, to {state.gamma:g} times what was set"
    for name in {duel.critic for duel in state.duels}:
        state.rates[name] = state.rates.get(name, 1.0) / 2
    return "the critic's rate halved"
