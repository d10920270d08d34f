"""Signs of ill health, as pure rules over a history of measured lines.

A line is what one look at a game gave, by name, with its round. A rule tells in words whether the
last line of a history shows its sign, with the lines before to compare with; it counts once so
many lines in a row have shown it. What to do about it is decided in `watch`.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from musegan.config.health import Health

Line = Mapping[str, float]  # names such as "health/coverage", "fid", "round"


class Sign(NamedTuple):
    """Something is wrong, in words."""

    name: str  # of its rule
    since: int  # the first round of the unbroken row of lines that show it
    words: str


class Course(NamedTuple):
    """A history, oldest line first, and what rules compare it with."""

    lines: Sequence[Line]
    limits: Health
    rounds: int  # of the whole run
    figure: str = ""  # whose age is asked for
    best: tuple[float, int] | None = None  # the figure's, and its round; the lines may be thinned
    may_win: bool = False  # whether its critics are meant to be always right, as WGAN's
    paired: bool = False  # whether they only tell which of two is real, as relativistic ones

    @property
    def early(self) -> bool:
        """Whether the last line is too young to expect anything of the generator."""
        limits, round = self.limits, self.lines[-1]["round"]
        return round < max(limits.grace * self.rounds, limits.young)

    @property
    def late(self) -> bool:
        """Whether the run is half over."""
        return self.lines[-1]["round"] > self.rounds / 2

    def last(self, name: str) -> float | None:
        return self.lines[-1].get(name)

    def known(self, name: str) -> list[float]:
        """All values of one name, oldest first."""
        return [line[name] for line in self.lines if name in line]


def signs_of(course: Course, after: Mapping[str, int] | None = None) -> list[Sign]:
    """The signs that count now.

    Lines up to round `after[name]` do not count for the sign of that name, since something was
    done about it then; they are still what is compared with.
    """
    found = []
    for name, rule in RULES.items():
        words = rule.shown(course)
        if not words:
            continue
        since, row = _row(course, rule.shown, (after or {}).get(name, -1))
        least = course.limits.lasting * course.rounds if rule.long else 0
        if (
            row >= (course.limits.patience if rule.lasting else 1)
            and course.lines[-1]["round"] - since >= least
        ):
            found.append(Sign(name, since, words))
    return found


def suspects(course: Course) -> bool:
    """Whether the last line shows any sign, even if it does not count yet."""
    return any(rule.shown(course) for rule in RULES.values())


def _row(course: Course, shown: "Shown", after: int) -> tuple[int, int]:
    """Since which round, and in how many lines in a row, a rule has held; the last one included."""
    since, row = 0, 0
    for end in range(len(course.lines), 0, -1):
        part = course._replace(lines=course.lines[:end])
        round = int(part.lines[-1]["round"])
        if round <= after or not shown(part):
            break
        since, row = round, row + 1
    return since, row


def won(course: Course) -> str:
    """The critic is always right, or has no loss: nothing is left to learn from it.

    One that only tells which of two is real is soon always right, by little, while the generator
    goes on learning: of that one the loss alone says it.
    """
    limits, accuracy = course.limits, course.last("health/accuracy")
    if accuracy is None or course.early or course.may_win:
        return ""
    if accuracy > limits.accuracy and not course.paired:
        return f"the critic has won: it tells {_percent(accuracy)} of samples"
    for loss in _losses(course):
        if 0 <= loss < limits.loss and accuracy > 0.9:
            return f"the critic has won: its loss is {loss:.2g}"
    return ""


def vanished(course: Course) -> str:
    """The generator's gradient has gone to nothing, beside what it was."""
    for name in course.lines[-1]:
        if name.startswith("health/generator") and name.endswith("norm"):
            norms = course.known(name)
            usual = median(norms)
            if norms[-1] < course.limits.norm * usual:
                return (
                    f"the generator learns nothing: the norm of its gradient is {norms[-1]:.2g}, "
                    f"was {usual:.2g}"
                )
    return ""


def asymmetry(course: Course) -> str:
    """The critic is far steeper at fakes than at reals, as where relativistic GANs diverge.

    Source: Huang et al. 2024 (arXiv:2501.05441), section 3: R1 alone lets the gradient at fakes
    explode.
    """
    for duel, fake in _by_duel(course, "fake_gradient"):
        real = course.last(f"health/{duel}real_gradient") or 0.0
        if not course.early and fake > course.limits.asymmetry * max(real, 1e-12):
            return (
                f"the critic is steep at the generator's samples: its squared gradient there is "
                f"{fake / max(real, 1e-12):.3g} times that at real ones"
            )
    return ""


def overfit(course: Course) -> str:
    """The critic knows what it is trained on from what it is not.

    The signal is r_v of Karras et al. 2020 (arXiv:2006.06676), eq. 1, of logits: 0 where held-out
    samples look as real as known ones, 1 where they look as false as the generator's.
    """
    for duel, gap in _by_duel(course, "gap"):
        pairs = course.last(f"health/{duel}pairs") or 0.0
        if gap > course.limits.gap and pairs > 0.8:
            return (
                f"the critic knows its samples by heart: those held out fall {_percent(gap)} of "
                f"the way from the known ones to the generator's"
            )
    return ""


def mode_loss(course: Course) -> str:
    """The samples have become less varied than they were, or than real ones are."""
    limits = course.limits
    for duel, coverage in _by_duel(course, "coverage"):
        best = max(course.known(f"health/{duel}coverage"))
        if best >= 0.2 and coverage < limits.coverage * best:
            return (
                f"kinds of samples are lost: coverage is {_percent(coverage)}, was {_percent(best)}"
            )
    for duel, spread in _by_duel(course, "spread"):
        best = max(course.known(f"health/{duel}spread"))
        alike = spread < limits.coverage * min(best, 1.0) and best > 0.5
        if alike or (course.late and spread < 0.3):
            return f"the samples are alike: they lie {_percent(spread)} as far apart as real ones"
    for _, twins in _by_duel(course, "twins"):
        if twins > 0.5 and course.late:
            return f"the samples are alike: {_percent(twins)} have a twin"
    for duel, modes in _by_duel(course, "modes"):
        least = min(course.known(f"health/{duel}modes"))
        if modes > 0.5 and modes > limits.modes * least:
            return f"kinds of samples are lost: their histogram is {modes:.2g} nats off, was {least:.2g}"
    return ""


def aged(course: Course) -> str:
    """The best figure is long ago, and the last one clearly worse."""
    name, now = course.figure, course.lines[-1]["round"]
    figures = [(line[name], line["round"]) for line in course.lines if name in line]
    if not figures or name not in course.lines[-1]:
        return ""
    best, then = course.best or min(figures)
    age = (now - then) / course.rounds
    if age > course.limits.age and figures[-1][0] > course.limits.worse * best:
        return (
            f"nothing has got better for {_percent(age)} of the run: {name} is "
            f"{figures[-1][0]:.3g}, was {best:.3g} at round {then:,.0f}"
        )
    return ""


Shown = Callable[[Course], str]  # words if the last line shows it


class Rule(NamedTuple):
    shown: Shown
    lasting: bool = True  # whether some looks in a row must show it
    long: bool = False  # whether they must span a share of the run


RULES: dict[str, Rule] = {
    "won": Rule(won, long=True),
    "vanished": Rule(vanished),
    "asymmetry": Rule(asymmetry),
    "overfit": Rule(overfit),
    "mode loss": Rule(mode_loss),
    "age": Rule(aged, lasting=False),
}


def _by_duel(course: Course, name: str) -> list[tuple[str, float]]:
    """The last values of a measure: with the prefix of each duel, where there are several."""
    return [
        (key.removeprefix("health/").removesuffix(name), value)
        for key, value in course.lines[-1].items()
        if key.startswith("health/") and key.split("/")[-1] == name
    ]


def _losses(course: Course) -> list[float]:
    """The critics' adversarial losses in the last line: of games played at once, one of each."""
    line, found = course.lines[-1], list[float]()
    for name, value in line.items():
        player, _, term = name.partition("/")
        if player.startswith("critic") and term.startswith("adversarial"):
            found.append(value)
    return found


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
