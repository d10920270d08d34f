"""The computer's own keys: two rows are a piano, the others ask for things.

A terminal says which character was typed, and never that its key was let go. So a note sounds until
the next one begins or half a second has passed; characters that come together are a chord, and those
of a key that is held down, which the keyboard repeats, make its note last.
"""

from musegan.live.controls import Control
from musegan.live.events import NOTE_OFF, NOTE_ON
from musegan.music.band import ROLES

NOTE_SECONDS = 0.5
CHORD_SECONDS = 0.03  # notes that begin within so long of one another sound together
REPEAT_SECONDS = 0.06  # the same character again within so long: its key is held
SOLO_SECONDS = 2.0  # after S, for a digit
LOWEST_OCTAVE, HIGHEST_OCTAVE = 0, 8  # of the key A; 4 holds middle C
SOFTEST, LOUDEST = 20, 125

PIANO = "awsedftgyhujkolp;"  # the keys from C upwards, by semitones
_STEP_QPM, _STEP_TEMPERATURE, _STEP_VELOCITY = 2.0, 0.1, 15
_CONTROLS: dict[str, Control] = {
    **{str(number): Control("mute", role=role) for number, role in enumerate(ROLES, 1)},
    " ": Control("toggle"),
    "F": Control("fill"),
    "N": Control("style"),
    "T": Control("tap"),
    "M": Control("metronome"),
    "E": Control("end"),
    "Q": Control("quit"),
    "?": Control("help"),
    "/": Control("help"),  # ? without shift, on many keyboards; so are the four doubles below
    "+": Control("tempo", step=_STEP_QPM),
    "=": Control("tempo", step=_STEP_QPM),
    "-": Control("tempo", step=-_STEP_QPM),
    "_": Control("tempo", step=-_STEP_QPM),
    "<": Control("temperature", step=-_STEP_TEMPERATURE),
    ",": Control("temperature", step=-_STEP_TEMPERATURE),
    ">": Control("temperature", step=_STEP_TEMPERATURE),
    ".": Control("temperature", step=_STEP_TEMPERATURE),
}
_SOLOS = {str(number): Control("solo", role=role) for number, role in enumerate(ROLES, 1)}


class ComputerKeys:
    """What typed characters play and ask for. Not locked: one thread at a time."""

    def __init__(self) -> None:
        self.octave = 4
        self.velocity = 80
        self._sounding: dict[int, tuple[float, float]] = {}  # pitch: when it began, when it ends
        self._last = ("", -1e9)  # the last character, and when it came
        self._solo_until = -1e9

    @property
    def next_due(self) -> float | None:
        """When the next note ends; None where none sounds.  Thread: main."""
        return min((end for _, end in self._sounding.values()), default=None)

    def press(self, character: str, now: float) -> list[bytes | Control]:
        """What a typed character plays or asks for; nothing where it means nothing.  Thread: main.

        S waits two seconds for a digit; any other character is what it always is.
        """
        (last, before), self._last = self._last, (character, now)
        held = character == last and now - before < REPEAT_SECONDS
        solo = now < self._solo_until
        self._solo_until = now + SOLO_SECONDS if character == "S" else -1e9
        if character in PIANO and len(character) == 1:
            return [*self._play(12 * (self.octave + 1) + PIANO.index(character), held, now)]
        if solo and character in _SOLOS:
            return [_SOLOS[character]]
        if character in _CONTROLS:
            return [_CONTROLS[character]]
        if character in ("z", "x"):
            octave = self.octave + (1 if character == "x" else -1)
            self.octave = min(max(octave, LOWEST_OCTAVE), HIGHEST_OCTAVE)
        elif character in ("c", "v"):
            velocity = self.velocity + (_STEP_VELOCITY if character == "v" else -_STEP_VELOCITY)
            self.velocity = min(max(velocity, SOFTEST), LOUDEST)
        return []

    def due(self, now: float) -> list[bytes]:
        """The ends of the notes whose time has come.  Thread: main."""
        return self._end([pitch for pitch, (_, end) in self._sounding.items() if end <= now])

    def release(self) -> list[bytes]:
        """The ends of all notes that sound.  Thread: main."""
        return self._end(list(self._sounding))

    def _play(self, pitch: int, held: bool, now: float) -> list[bytes]:
        if held and pitch in self._sounding:
            self._sounding[pitch] = (self._sounding[pitch][0], now + NOTE_SECONDS)
            return []
        ended = self._end(
            [
                sounding
                for sounding, (began, _) in self._sounding.items()
                if sounding == pitch or now - began > CHORD_SECONDS
            ]
        )
        self._sounding[pitch] = (now, now + NOTE_SECONDS)
        return [*ended, bytes([NOTE_ON, pitch, self.velocity])]

    def _end(self, pitches: list[int]) -> list[bytes]:
        for pitch in pitches:
            del self._sounding[pitch]
        return [bytes([NOTE_OFF, pitch, 0]) for pitch in pitches]


def key_map_lines() -> list[str]:
    """The key map as text, at most 78 columns.  Thread: any."""
    return [
        " |  |w| |e|  |  |t| |y| |u|  |  |o| |p|  |    space  start, stop the band",
        " |  |_| |_|  |  |_| |_| |_|  |  |_| |_|  |    F      a fill",
        " |   |   |   |   |   |   |   |   |   |   |    N      next style",
        " | a | s | d | f | g | h | j | k | l | ; |    + -    faster, slower",
        " |_C_|_D_|_E_|_F_|_G_|_A_|_B_|_C_|_D_|_E_|    < >    tamer, wilder",
        "                                              T      tap the tempo",
        "  z x   octave down, up                       M      metronome on, off",
        "  c v   softer, louder                        E      end with a cadence",
        "  1..5  drums, bass, piano, guitar, strings   Q      quit at once",
        "        rest or play; S and 1..5  solo        ?      these keys",
    ]
