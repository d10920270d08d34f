"""Which part may import which, as the architecture has it; torch stays where it belongs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# A part is a folder or a module of musegan, or `cli`. All may import `errors` and `files`.
EVERYBODY = {"errors", "files", "__version__"}
PARTS = {"music", "audio", "images", "models", "train", "data", "evaluate", "config", "settings",
         "presets", "experiments", "gans", "picturing", "sounding", "live", "songcells", "arranging", "balancing", "phrasing", "interpolating", "accompanying", "rehearsing", "touching", "composition", "melodist", "songwriting", "rewriting", "composing", "pretrained", "catalogue", "workshop"}  # fmt: skip
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "files": set(),
    "music": set(),
    "audio": {"music"},
    "images": {"music"},
    "models": set(),
    "train": {"config"},
    "settings": set(),
    "config": {"settings"},
    "presets": {"config", "settings"},
    "gans": {"config", "data", "models", "train"},
    "data": {"music", "audio", "images", "config"},
    "evaluate": {"music", "audio"},
    "pretrained": set(),
    "experiments": {
        "music",
        "config",
        "settings",
        "presets",
        "data",
        "models",
        "gans",
        "train",
        "evaluate",
        "pretrained",
    },
    "songcells": {"music", "data", "models"},
    "arranging": {"songcells", "experiments", "music", "data", "models"},
    "balancing": {"arranging", "songcells", "experiments", "music", "data", "models", "train"},
    "phrasing": {"arranging", "songcells", "experiments", "music", "data", "pretrained"},
    "accompanying": {"arranging", "songcells", "experiments", "music", "data", "models"},
    "rehearsing": {"music"},
    "touching": {"experiments", "gans", "music", "pretrained"},
    "composition": {"music", "audio", "sounding"},
    "melodist": {"experiments", "music", "data", "models"},
    "songwriting": {"melodist", "composition", "music"},
    "rewriting": {"arranging", "composition", "touching", "music"},
    "interpolating": {"composing", "composition", "rewriting", "touching", "music"},
    "composing": {
        "touching",
        "arranging",
        "phrasing",
        "composition",
        "melodist",
        "rewriting",
        "songwriting",
        "music",
        "pretrained",
    },
    "picturing": {"config", "data", "experiments", "gans", "images", "pretrained"},
    "sounding": {"audio", "data", "experiments", "gans", "images", "models", "music", "pretrained"},
    "catalogue": set(),
    "live": {"music"},
    "workshop": {"catalogue"},
    "cli": PARTS,
}
# What beside the standard library and numpy a part may import.
OUTSIDE: dict[str, set[str]] = {
    "music": {"symusic"},
    "audio": {"symusic", "soundfile", "scipy", "midirenderer", "miniaudio", "tinysoundfont"},
    "images": {"symusic", "PIL"},
    "live": {"rtmidi"},
    "models": {"torch", "torchaudio"},
    "train": {"torch", "safetensors", "tensorboard", "rich"},
    "catalogue": set(),
    "workshop": set(),
}
OUTSIDE_NAMES = {"torch", "symusic", "soundfile", "scipy", "midirenderer", "PIL", "mido", "pretty_midi",
                 "safetensors", "tensorboard", "rich", "click", "sklearn", "librosa", "torchaudio",
                 "miniaudio", "tinysoundfont", "rtmidi"}  # fmt: skip


def imported(file):
    """The dotted names that a file imports, wherever in it, those for type checkers left out."""
    names = []
    todo = [ast.parse(file.read_text("utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        todo.extend(ast.iter_child_nodes(node))
    return names


def files_of(root, part):
    if part == "cli":
        return sorted((root / "cli").rglob("*.py"))
    module = root / "musegan" / f"{part}.py"
    return [module] if module.exists() else sorted((root / "musegan" / part).rglob("*.py"))


def violations(root):
    found = []
    for part, allowed in ALLOWED.items():
        for file in files_of(root, part):
            for name in imported(file):
                top, *rest = name.split(".")
                inner = rest[0] if top == "musegan" and rest else None
                if inner and inner not in allowed | EVERYBODY | {part}:
                    found.append(f"{file.relative_to(root)} imports musegan.{inner}")
                if top in OUTSIDE_NAMES and part in OUTSIDE and top not in OUTSIDE[part]:
                    found.append(f"{file.relative_to(root)} imports {top}")
                if top in {"cli", "musegan_cli", "tests", "benchmarks"}:
                    found.append(f"{file.relative_to(root)} imports {top}")
    return found


def test_no_part_imports_what_it_may_not():
    assert violations(ROOT) == []


def test_every_part_has_a_rule():
    parts = {
        path.stem
        for path in (ROOT / "musegan").iterdir()
        if path.suffix == ".py" or any(path.glob("*.py"))
    }
    assert parts - {"__init__"} <= ALLOWED.keys()


def test_the_rule_catches_imports_upward_and_outward(tmp_path):
    for name, text in {
        "music/bad.py": "import numpy\nfrom musegan.models.gan import G\n",
        "images/bad.py": "def f():\n    import torch\n",
        "models/bad.py": "from musegan import train\n",
        "train/good.py": "import torch\nfrom musegan.errors import MuseganError\n",
    }.items():
        path = tmp_path / "musegan" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert violations(tmp_path) == [
        "musegan/music/bad.py imports musegan.models",
        "musegan/images/bad.py imports torch",
        "musegan/models/bad.py imports musegan.train",
    ]


def loaded_after(statement):
    """The modules that are loaded after a statement in a fresh Python."""
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


MUSIC = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for folder in ("music", "audio", "images")
    for path in (ROOT / "musegan" / folder).glob("*.py")
    if path.stem != "__init__"
)


def test_importing_musegan_loads_neither_torch_nor_numpy():
    assert not loaded_after("import musegan") & {"torch", "numpy"}


def test_music_audio_and_images_load_no_torch():
    assert "torch" not in loaded_after(f"import {', '.join(MUSIC)}")


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], {"torch", "numpy", "symusic", "rich"}),
        (["--version"], {"torch", "numpy", "symusic", "rich"}),
        (["compose", "--help"], {"torch", "scipy", "PIL"}),
        (["render", "--help"], {"torch", "numpy", "scipy", "PIL"}),
    ],
)
def test_help_and_version_load_only_what_they_need(arguments, unwanted):
    loaded = loaded_after(
        "import os; from musegan_cli.main import main; sys.stdout = open(os.devnull, 'w'); "
        f"main({arguments!r}); sys.stdout.close(); sys.stdout = sys.__stdout__"
    )
    assert "musegan_cli" in loaded
    assert not loaded & unwanted


def test_a_song_is_rendered_by_a_soundfont_without_torch(tmp_path):
    pytest.importorskip("midirenderer", reason="pip install midirenderer")
    song = str(ROOT / "samples" / "greensleeves.mid")
    arguments = ["render", song, "-o", str(tmp_path), "--formats", "wav"]
    loaded = loaded_after(
        "import os; from musegan_cli.main import main; sys.stdout = open(os.devnull, 'w'); "
        f"code = main({arguments!r}); sys.stdout.close(); sys.stdout = sys.__stdout__; "
        "assert code == 0"
    )
    assert "midirenderer" in loaded
    assert "torch" not in loaded
