"""The rows' results as a text, docs/results.md, and their models' samples as pictures."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musegan.data.pictures import as_bytes
from musegan.experiments.images import draw_images, load_images
from musegan.experiments.translating import translation_rows
from musegan.files import write_whole, written_aside
from musegan.images.sheet import sheet_of

from .row import Draw, Row

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results.md"
PICTURES = ROOT / "docs" / "pictures"
ALL = ROOT / "benchmarks" / "results" / "gans.json"
LARGEST = 60_000  # bytes of a picture in the docs

HEAD = """# Results

What each GAN of the suite shows on real data. `python benchmarks/gans.py ROW` trains what a row needs,
measures it and writes `benchmarks/results/gans/ROW.json`; `python benchmarks/gans.py table` writes this text and
[gans.json](../benchmarks/results/gans.json) from these files. Nothing here was written by hand.

FID, KID, precision, recall, density and coverage are on the features of a small judge that was trained here
([measures](measures.md#images)), 10,000 generated pictures against the 10,000 test pictures of Fashion-MNIST where
nothing else is said: they compare with each other and with the reference rows, not with figures on Inception's
features. Rows of sounds are measured likewise, by judges of their own ([how](sounds.md#measured)). Published figures stand beside ours with their own protocols, for orientation only.
"""


def write_table(rows: Mapping[str, Row], folder: Path) -> None:
    """Write docs/results.md and benchmarks/results/gans.json from the files of the rows."""
    found = {
        name: json.loads(path.read_text("utf-8"))
        for name in rows
        if (path := folder / f"{name}.json").is_file()
    }
    # Of those that draw Fashion: they have a floor; what fills or translates pictures has not.
    drawing = [one["mean"] for one in found.values() if {"fid", "floor"} <= one["mean"].keys()]
    lowest = min((mean["fid"] for mean in drawing), default=0.0)
    for name, one in found.items():
        one["met"] = one["met"] and (not rows[name].best or one["mean"]["fid"] <= lowest)
    write_whole(ALL, (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode())
    write_whole(RESULTS, results_text(rows, found).encode())
    print(f"written: {RESULTS}, {ALL}")


def results_text(rows: Mapping[str, Row], found: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole text of docs/results.md."""
    met = sum(bool(one["met"]) for one in found.values())
    absent = ", ".join(name for name in rows if name not in found)
    lines = [
        HEAD,
        f"{met} of {len(rows)} rows meet their bar; not run yet: {absent or 'none'}.",
        "",
    ]
    lines += ["| row | what | figure | bar | met |", "|---|---|---|---|---|"]
    for name, row in rows.items():
        told = found.get(name)
        figure = f"{told['figure']}" if told else "not run yet"
        reached = {True: "yes", False: "**no**", None: ""}[told["met"] if told else None]
        lines.append(_cells(f"[{name}](#{name})", row.title, figure, row.bar, reached))
    for name, row in rows.items():
        lines += ["", f"## {name}", "", *_details(row, found.get(name))]
        pictures = sorted(PICTURES.glob(f"{name}.*.png"))
        for path in pictures:
            caption = path.stem.removeprefix(f"{name}.")
            lines += ["", f"![samples of {caption}](pictures/{path.name})"]
    return "\n".join(lines) + "\n"


def _details(row: Row, told: Mapping[str, Any] | None) -> list[str]:
    lines = [f"{row.title}.", "", "| | |", "|---|---|", _cells("bar", row.bar)]
    if told is None:
        lines += [_cells("figure", "not run yet")]
    else:
        machine = "; ".join(told.get("trained_on") or [f"{told['cpu']}, 1 thread"])
        changed = "; ".join(
            f"{run}: " + ", ".join(f"`{key}={_written(value)}`" for key, value in settings.items())
            for run, settings in told["settings"].items()
            if settings
        )
        lines += [
            _cells("figure", told["figure"]),
            _cells("all figures", _all_figures(told)),
            _cells("seeds", ", ".join(map(str, told["seeds"]))),
            _cells(
                "rounds", ", ".join(f"{run} {count:,}" for run, count in told["rounds"].items())
            ),
            _cells("training", f"{told['seconds'] / 60:.1f} minutes in all, {machine}"),
            _cells("settings", changed or "the presets' own"),
            *([_cells("command", f"`{told['command']}`")] if "command" in told else []),
            _cells("commit", f"{told['commit']}, {told['date'][:10]}"),
        ]
    lines += [_cells("published", row.published)]
    return [*lines, "", row.note] if row.note else lines


def _all_figures(told: Mapping[str, Any]) -> str:
    words = []
    for name, found in told["intervals"].items():
        apart = f" ({found['low']:.4g}..{found['high']:.4g})" if found["values"] > 1 else ""
        words.append(f"{name} {found['mean']:.4g}{apart}")
    return ", ".join(words)


def _cells(*texts: str) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


def _written(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


BLIND = ("judge", "sound-judge", "fanogan")  # presets whose networks make no pictures


def draw_sheets(rows: Mapping[str, Row], runs: Path, only: Sequence[str] = ()) -> None:
    """A sheet of each trained model of the rows, of seed 0, into docs/pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, row in rows.items():
        for key, wanted in row.runs.items():
            folder = runs / (wanted.row or name) / f"{key}-seed0"
            weights = folder / "model.safetensors"
            if (only and name not in only) or not weights.is_file():
                continue
            if key not in row.sheets and (wanted.row or wanted.preset in BLIND):
                continue
            draw: Draw = row.sheets.get(key, samples)
            images = draw(weights)
            if images is not None:
                path = PICTURES / f"{name}.{key}.png"
                save_small(images, path)
                print(f"written: {path}, {path.stat().st_size:,} bytes")


def samples(weights: Path) -> npt.NDArray[np.uint8] | None:
    """Forty pictures, a class a column where it knows them; of a translator what it is shown, too."""
    model = load_images(weights)
    if not model.system.draws:
        return as_bytes(translation_rows(model)[0]).numpy()
    images, _ = draw_images(model, 2_500 if model.sizes.side == 1 else 40)
    return plotted(images.flatten(1).numpy()) if model.sizes.side == 1 else as_bytes(images).numpy()


def plotted(
    points: npt.NDArray[np.float32], side: int = 200, reach: float = 5.0
) -> npt.NDArray[np.uint8]:
    """Points (point, 2) of the plane as one picture, (1, 1, side, side), dark where they lie."""
    edges = np.linspace(-reach, reach, side + 1)
    found, _, _ = np.histogram2d(-points[:, 1], points[:, 0], bins=(edges, edges))
    darkness = 255 * np.minimum(1, found)
    return (255 - darkness).astype(np.uint8)[None, None]


def save_small(images: npt.NDArray[np.uint8], path: Path, columns: int = 10) -> None:
    """A sheet that is small enough for the docs: rows are left out until it is."""
    while True:
        sheet = sheet_of(images, columns=min(columns, len(images)), smallest=48)
        if images.shape[1] == 1:
            sheet = sheet.convert("L")
        with written_aside(path) as aside:
            sheet.save(aside, "PNG", optimize=True)
        if path.stat().st_size <= LARGEST or len(images) <= columns:
            return
        images = images[: len(images) - columns]
