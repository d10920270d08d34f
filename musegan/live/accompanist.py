"""The accompanist: the musical decisions of a band that plays along, cell by cell.

A cell is half a bar. A moment before one begins the generator is asked for it, by a cue that tells
what was heard and played so far; a moment later its answer is taken, or given up. No threads, ports
or clocks here: positions come in as arguments, notes go out with the position at which they are due.
Positions are quarter notes from the first downbeat.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Literal, Protocol

import numpy as np

from musegan.live.keyboard import Keyboard
from musegan.live.parts import NoteEvent, Parts, shifted
from musegan.live.wanted import Wanted
from musegan.music.arrangement import END, START, VELOCITY, Notes, no_notes
from musegan.music.band import ROLES, Role
from musegan.music.cadence import dominant, tonic
from musegan.music.cue import FIRST, HEARD_STEPS, Answer, Cue
from musegan.music.fills import drum_fill, with_crash
from musegan.music.grid import CELL_STEPS
from musegan.music.key import Key
from musegan.music.metre import Metre
from musegan.music.modulation import key_of_late
from musegan.music.playing import with_dynamics
from musegan.music.sections import PHRASE_BARS, bar_roles, phrase_roles

PAST_CELLS, AHEAD_CELLS = 8, 8  # of a cue's places
LOOK_SECONDS = 0.004  # between two looks of an eager band for its answer
REST_BARS = 2  # of silence, after which the band ends and waits
GIVE_UP_BARS = 2  # of repeating without an answer, after which the last harmony is held
USUAL_LOUDNESS = 80.0  # where nothing was heard

Plan = Literal["waiting", "listening", "playing", "fill", "ending", "resting", "stopped", "ended"]


class Generator(Protocol):
    """Writes what a band plays; never blocks."""

    def ask(self, cue: Cue) -> None:
        """Begin to answer; an earlier cue that is not answered yet is forgotten.  Thread: engine."""

    @property
    def alive(self) -> bool:
        """Whether it can be asked.  Thread: any."""

    def answer(self) -> Answer | None:
        """The answer to the last cue, once it is there; then it is taken.  Thread: engine."""


class Accompanist:
    """A band that listens to a keyboard. Not locked: one thread at a time."""

    def __init__(
        self,
        metre: Metre,
        keyboard: Keyboard,
        generator: Generator,
        wanted: Wanted,
        *,
        ask_seconds: float,
        decide_seconds: float,
        eager: bool = False,
        last_bar: int | None = None,
    ) -> None:
        """Begin with bar 0; `last_bar`, if given, is the one whose downbeat the band ends on.

        The generator is asked `ask_seconds` before a cell and given up `decide_seconds` before it;
        an eager band decides as soon as it has its answer.
        """
        self.metre, self.keyboard, self.generator = metre, keyboard, generator
        self.wanted = wanted
        self.ask_seconds, self.decide_seconds = ask_seconds, decide_seconds
        self.eager = eager
        self.plan: Plan = "waiting"
        self.playing: tuple[Role, ...] = ()  # who plays in the cell decided last
        self.late_cells = self.decided_cells = 0
        self.late_bars: set[int] = set()
        self.bars_played = 0
        self.key_name = ""  # of what was heard, looked at once a bar
        self.holding = False  # the last harmony is held, for want of answers
        self.cell = 0  # the next to be decided
        self.last_bar = last_bar
        self.end_bar: int | None = None  # whose downbeat is the last chord of what sounds now
        self._rest_after_end = False
        self._asked = False
        self._answer: Answer | None = None  # to what was asked, where an eager band has it
        self._look_quarter = math.inf  # when an eager band looks for it next
        self._song: int | None = None  # first bar of what is being accompanied
        self._sung: list[bool] = []  # whether anything was sung in each of its bars
        self._heard_from = -metre.quarters  # notes before are of an earlier song, or none
        self._melody = no_notes()  # the top line of what was heard when last asked, in steps
        self._parts = Parts(self.metre)
        self._answers: dict[int, Mapping[Role, Notes]] = {}  # by cell, as the generator gave them
        self._fill_wanted = self._crash_due = False
        self._unanswered = 0  # cells since the last answer

    def finish(self) -> None:
        """End on the next downbeat that leaves room for the dominant before it."""
        bar = (self.cell + self._asked) // self.metre.cells_per_bar + 1
        if self.plan in ("waiting", "resting", "stopped") or self._song is None:
            self.plan = "ended"
        else:
            self.end_bar = bar if self.end_bar is None else min(bar, self.end_bar)
            self._rest_after_end = False

    def fill(self) -> None:
        """Let the drums play a fill in the cell that is asked for next."""
        self._fill_wanted = True

    def stop(self, quarter: float) -> list[NoteEvent]:
        """Fall silent at once, until `resume`; for good where the end was near."""
        ends = self.ended or (self.end_bar is not None and not self._rest_after_end)
        self.plan = "ended" if ends else "stopped"
        self._forget_song()
        return self._parts.let_go(ROLES, quarter)

    def resume(self, quarter: float) -> None:
        """Listen again, for a first note from here on."""
        if self.plan == "stopped":
            self.plan, self._heard_from = "waiting", quarter

    def jump(self, quarter: float) -> None:
        """Go on at another position, as when another machine's clock starts there: a new song."""
        self._parts.let_go(ROLES, quarter)
        self._parts = Parts(self.metre)
        self._forget_song()
        self._heard_from = quarter - self.metre.quarters / 4
        self._asked, self._answer = False, None
        self.cell = 0
        while self.metre.quarter_of_cell(self.cell) <= quarter:
            self.cell += 1
        if self.plan not in ("stopped", "ended"):
            self.plan = "waiting"

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.plan == "ended"

    def advance(self, quarter: float, quarters_per_second: float) -> list[NoteEvent]:
        """The notes that became certain by a position.  Thread: engine.

        To be called at `next_quarter` at the latest, and as often as one likes.
        """
        events: list[NoteEvent] = []
        while not self.ended:
            start = self.metre.quarter_of_cell(self.cell)
            if not self._asked and quarter >= start - self.ask_seconds * quarters_per_second:
                self._asked = True
                self._ask()
            early = quarter < start - self.decide_seconds * quarters_per_second
            if early and not (self._asked and self.eager and self._answered()):
                self._look_quarter = quarter + LOOK_SECONDS * quarters_per_second
                break
            events += self._decide()
            self._forget()
            self.cell, self._asked, self._answer = self.cell + 1, False, None
        return events

    def _answered(self) -> bool:
        """Whether all that a decision needs is there."""
        if self.plan in ("playing", "fill") and self.playing and self._answer is None:
            self._answer = self.generator.answer()
            return self._answer is not None
        return True

    def next_quarter(self, quarters_per_second: float) -> float:
        """The position at which something is to be asked or decided next."""
        seconds = self.decide_seconds if self._asked else self.ask_seconds
        certain = self.metre.quarter_of_cell(self.cell) - seconds * quarters_per_second
        return min(certain, self._look_quarter) if self._asked and self.eager else certain

    def mute(self, roles: Iterable[Role], quarter: float) -> list[NoteEvent]:
        """End at once what these roles hold; who plays is said by `wanted.roles`."""
        return self._parts.let_go(roles, quarter)

    @property
    def key(self) -> Key:
        """The key of what was heard of late.  Thread: engine."""
        heard, now = self._melody, self.metre.step_of_cell(self.cell)
        return key_of_late(heard[heard[:, END] > now - HEARD_STEPS])

    # Asking

    def _ask(self) -> None:
        """Decide what the coming cell is for, and ask for it where the generator writes it."""
        bar, index = divmod(self.cell, self.metre.cells_per_bar)
        self._begin_or_rest(bar, index)
        if self.last_bar is not None and self.end_bar is None and self._leads_to(self.last_bar):
            self.end_bar = self.last_bar
        if self.last_bar is not None and bar > self.last_bar:
            self.plan = "ended"
        wants_fill, self._fill_wanted = self._fill_wanted, False
        if self.plan in ("waiting", "resting", "stopped", "ended"):
            return
        self._melody = self.keyboard.steps(self.metre, self.metre.quarter_of_cell(self.cell))
        if index == 0:
            self.key_name = self.key.name
        if self.end_bar is not None and self._leads_to(self.end_bar):
            self.plan = "ending"
            return
        late = self.plan == "listening" and index > 0  # the bar line has passed
        if bar < self._entry_bar() or (not self._answers and (late or not self.generator.alive)):
            self.plan = "listening"  # or the generator is not there yet
            return
        assert self._song is not None
        self._remember(bar - self._song)
        style, seed = self.wanted.style, self.wanted.seed
        self.playing = self.wanted.among(bar_roles(self._sung, ROLES, seed, style))
        phrase, of_phrase = divmod(bar - self._song, PHRASE_BARS)
        now, then = (phrase_roles(phrase + n, ROLES, seed, style) for n in (0, 1))
        changes = self.wanted.among(now) != self.wanted.among(then) or phrase % 2 == 1
        last = of_phrase == PHRASE_BARS - 1 and index == self.metre.cells_per_bar - 1
        fills = wants_fill or (last and changes)
        self.plan = "fill" if fills and Role.DRUMS in self.playing else "playing"
        if self.playing:
            self.generator.ask(self._cue())

    def _begin_or_rest(self, bar: int, index: int) -> None:
        if self.plan in ("waiting", "resting"):
            first = self.keyboard.first_after(self._heard_from)
            if first is not None:
                self._song = max(0, self.metre.bar_at(first))
                self.plan = "listening"
            return
        if self._rest_after_end and self.plan != "ending":
            assert self.end_bar is not None
            if self.keyboard.first_after(self._new_from(self.end_bar - 1)) is not None:
                self.end_bar, self._rest_after_end = None, False  # no rest after all
        if self.plan in ("playing", "fill", "listening") and self.end_bar is None and index == 0:
            silent = self.metre.quarter_of_cell(self.cell) - self.keyboard.last_heard
            last = self.last_bar is not None and bar + 1 >= self.last_bar
            if silent >= REST_BARS * self.metre.quarters and not last:
                if self.plan == "listening":
                    self._rest(bar)
                else:
                    self.end_bar, self._rest_after_end = bar + 1, True

    def _leads_to(self, bar: int) -> bool:
        """Whether the cell is the last before a bar's downbeat, or lies after it."""
        return self.cell >= bar * self.metre.cells_per_bar - 1

    def _new_from(self, bar: int) -> float:
        """Where notes are of a new song that were not known when the bar began with a silence."""
        return (bar - 0.25) * self.metre.quarters

    def _entry_bar(self) -> int:
        """The first bar in which the band plays: a bar is heard first, a pick-up is none."""
        assert self._song is not None
        first = self.keyboard.first_after(self._heard_from)
        bar = self._song
        late = first is not None and first >= (bar + 0.5) * self.metre.quarters
        return bar + 1 + late

    def _remember(self, bars: int) -> None:
        """Note in which of the song's bars that are over anything was sung."""
        assert self._song is not None
        steps = self.metre.steps
        for bar in range(len(self._sung), bars):
            begins, ends = self._melody[:, [START, END]].T - (self._song + bar) * steps
            self._sung.append(bool(((begins < steps) & (ends > 0)).any()))

    def _cue(self) -> Cue:
        assert self._song is not None
        start = self.metre.step_of_cell(self.cell)
        first = max(self._song * self.metre.cells_per_bar, self.cell - PAST_CELLS)
        places = self.metre.places(first, self.cell + AHEAD_CELLS)
        places[:, 0] -= start
        return Cue(
            shifted(self._melody, start, -HEARD_STEPS),
            self._parts.before(self.playing, start, int(places[0, FIRST])),
            places,
            self.playing,
            self.cell - self._song * self.metre.cells_per_bar,
            1,
            self.wanted.style,
            self.wanted.seed,
            self.wanted.temperature,
        )

    # Deciding

    def _decide(self) -> list[NoteEvent]:
        """What sounds in the coming cell, from the plan that was made when it was asked for."""
        bar, index = divmod(self.cell, self.metre.cells_per_bar)
        if self.plan == "ending":
            return self._end(bar, index)
        if self.plan not in ("playing", "fill"):
            return []
        steps = self.metre.cell_steps(self.cell)
        answer = self._answer
        if answer is None:
            answer = self.generator.answer() if self.playing else {}
        self.decided_cells += 1
        self.bars_played += index == 0
        if answer is not None:
            self._answers[self.cell] = answer
            self._answers.pop(self.cell - 2 * self.metre.cells_per_bar - 1, None)
            self._unanswered, self.holding = 0, False
        else:
            answer = self._stand_in(steps)
            self.late_cells += 1
            self.late_bars.add(bar)
        answer = {role: notes for role, notes in answer.items() if role in self.wanted.roles}
        random = np.random.default_rng([self.wanted.seed, self.cell])
        answer = self._loud(answer)
        if Role.DRUMS in self.playing and Role.DRUMS in self.wanted.roles:
            drums = answer.get(Role.DRUMS, no_notes())
            if self.plan == "fill":
                drums = self._fill(steps, random)
            elif self._crash_due and index == 0:
                drums = with_crash(drums, int(min(127, 1.15 * self._loudness())))
            answer[Role.DRUMS] = drums
        self._crash_due = self.plan == "fill" or (self._crash_due and index > 0)
        return self._parts.sound(self.metre.step_of_cell(self.cell), answer, steps)

    def _fill(self, steps: int, random: np.random.Generator) -> Notes:
        """A drum fill, as loud as the player."""
        fill = drum_fill(steps, compound=self.metre.beat_quarters == 1.5, rng=random)
        loud = np.round(fill[:, VELOCITY] * self._loudness() / USUAL_LOUDNESS)
        fill[:, VELOCITY] = np.clip(loud, 1, 127)
        return fill

    def _stand_in(self, steps: int) -> Answer:
        """What sounds where no answer came in time: the cell of a bar ago, later the last harmony."""
        self._unanswered += 1
        past = self._answers.get(self.cell - self.metre.cells_per_bar)
        if past is None and self._answers:
            past = self._answers[max(self._answers)]
        if past is None:
            return {}
        per_bar = self.metre.cells_per_bar
        self._answers[self.cell] = past
        self._answers.pop(self.cell - 2 * per_bar - 1, None)
        if self._unanswered <= GIVE_UP_BARS * per_bar:
            return {role: self._parts.again(role, notes, steps) for role, notes in past.items()}
        self.holding = True
        return self._parts.last_harmony(past, steps)

    def _end(self, bar: int, index: int) -> list[NoteEvent]:
        assert self.end_bar is not None
        roles = self.wanted.among(self.playing or ROLES)
        key, steps = self.key, self.metre.cell_steps(self.cell)
        if bar < self.end_bar:
            if self._song is None or bar < self._entry_bar():
                return []
            self.bars_played += index == 0
            return self._parts.sound(
                self.metre.step_of_cell(self.cell),
                self._loud(dominant(key, roles, steps)),
                steps,
            )
        events: list[NoteEvent] = []
        if index == 0 and self._song is not None and bar >= self._entry_bar():
            self.bars_played += 1
            chord = self._loud(tonic(key, roles, self.metre.steps))
            events = self._parts.sound(self.metre.step_of_cell(self.cell), chord, self.metre.steps)
            events += self._parts.let_go(ROLES, self.metre.quarter_of((bar + 1) * self.metre.steps))
        if index == self.metre.cells_per_bar - 1:
            if self._rest_after_end:
                self._rest(self.end_bar - 1)
            else:
                self.plan = "ended"
        return events

    def _rest(self, bar: int) -> None:
        """Wait for the player, who was silent up to a bar and may have begun again since."""
        self._heard_from = self._new_from(bar)
        self.plan = "resting"
        self._forget_song()

    def _forget_song(self) -> None:
        """Be ready for another song."""
        self.playing, self._song = (), None
        self.end_bar, self._rest_after_end = None, False
        self._fill_wanted = self._crash_due = False
        self._sung.clear()
        self._answers.clear()
        self._unanswered, self.holding = 0, False

    def _forget(self) -> None:
        """Drop what no cue will tell of."""
        first = self.metre.step_of_cell(self.cell)
        self._parts.forget(first - PAST_CELLS * CELL_STEPS)
        self.keyboard.forget(self.metre.quarter_of(first - HEARD_STEPS))

    def _loudness(self) -> float:
        now = self.metre.quarter_of_cell(self.cell)
        return self.keyboard.loudness(now, 2 * self.metre.quarters) or USUAL_LOUDNESS

    def _loud(self, answer: Answer) -> dict[Role, Notes]:
        """An answer as loud as the player."""
        now = self._loudness()
        return {role: with_dynamics(notes, role, now) for role, notes in answer.items()}
