"""musegan image, on untrained models of moments; what they draw is nothing, how is what counts."""

import csv
import json

import numpy as np
import pytest
from imagemodels import CLASSES, SMALL, release
from PIL import Image
from safetensors.numpy import load_file

from musegan.config import ImageData
from musegan.data.captions import Vocabulary
from musegan_cli.image import ENTRIES
from musegan_cli.main import main


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A model of each kind, by name."""
    folder = tmp_path_factory.mktemp("models")
    by_class = SMALL._replace(classes=3)
    coloured = SMALL._replace(channels=3)
    grey, hole = (
        coloured._replace(shown_side=16, shown_channels=1),
        SMALL._replace(shown_side=16, shown_channels=2, masked=True),
    )
    told = coloured._replace(words=len(Vocabulary(CLASSES).words))
    data = {
        view: ImageData(side=16, channels=3 if view == "grey" else 1, view=view)
        for view in ("edges", "grey", "hole", "small")
    }
    captions = ImageData(side=16, channels=3, captions=True)
    made = {
        "dcgan": release(folder / "dcgan" / "model.safetensors", "dcgan").parent,
        "cgan": release(folder / "cgan.safetensors", "cgan", by_class),
        "stylegan2": release(folder / "stylegan2.safetensors", "stylegan2"),
        "captions": release(folder / "captions.safetensors", "captions", told, data=captions),
        "fanogan": release(folder / "fanogan.safetensors", "fanogan"),
        "srgan": release(
            folder / "srgan.safetensors",
            "srgan",
            SMALL._replace(shown_side=4, shown_channels=1),
            data=data["small"],
        ),
        "edges": release(
            folder / "edges.safetensors",
            "pix2pix",
            SMALL._replace(shown_side=16, shown_channels=1),
            data=data["edges"],
        ),
        "grey": release(folder / "grey.safetensors", "pix2pix", grey, data=data["grey"]),
        "hole": release(folder / "hole.safetensors", "pix2pix", hole, data=data["hole"]),
    }
    return {name: str(path) for name, path in made.items()}


@pytest.fixture
def image(tmp_path, capsys):
    """Runs a command into tmp_path/out; returns the code, what it said, and what it complained of."""

    def run(*words):
        code = main(["image", *map(str, words), "-o", str(tmp_path / "out")])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def picture(path, size=(16, 16), seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, size[::-1], np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def names_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def pixels_of(path):
    with Image.open(path) as opened:
        return np.asarray(opened)


def refused(told, *says):
    """Whether a command was refused in one line that says so, and wrote nothing."""
    code, out, error = told
    assert code == 2
    assert out == ""
    assert error.count("\n") == 1
    assert error.startswith("musegan image ")
    for each in says:
        assert each in error
    return True


@pytest.mark.parametrize("name", ENTRIES)
def test_every_command_explains_itself(name, capsys):
    assert main(["image", name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: musegan image {name} ")


def test_help_lists_every_command(capsys):
    assert main(["image", "--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text and entry.summary in text for name, entry in ENTRIES.items())


def test_a_command_that_is_not_there_is_answered_with_the_nearest(capsys):
    assert main(["image", "smaple"]) == 2
    assert capsys.readouterr().err == ("musegan image: no command 'smaple'; did you mean sample?\n")


def test_samples_are_numbered_and_say_how_they_were_made(models, image, tmp_path):
    code, said, _ = image(
        "sample", "--model", models["cgan"], "-n", 3, "--seed", 7, "--class", "ankle boot"
    )
    assert code == 0
    assert "3 pictures" in said
    names = ["sample-0001.png", "sample-0002.png", "sample-0003.png"]
    assert names_in(tmp_path / "out") == names
    with Image.open(tmp_path / "out" / names[1]) as drawn:
        facts = drawn.text
        assert drawn.size == (16, 16)
    assert (facts["Seed"], facts["Number"], facts["Class"]) == ("7", "2", "ankle boot")
    assert facts["Command"].startswith("musegan image sample --model")
    assert "--class 'ankle boot'" in facts["Command"]
    assert "cgan" in facts["Model"]


def test_truncated_samples_differ_less_from_each_other(models, image, tmp_path):
    spreads = []
    for more in ([], ["--truncation", 0.1]):
        assert image("sample", "--model", models["dcgan"], "-n", 8, "--overwrite", *more)[0] == 0
        names = names_in(tmp_path / "out")
        pixels = np.stack([pixels_of(tmp_path / "out" / name) for name in names])
        spreads.append(pixels.std(0).mean())
    assert spreads[1] < spreads[0]
    nan = image("sample", "--model", models["dcgan"], "--truncation", "nan", "--overwrite")
    assert refused(nan, "nan is not in the range")
    code, _, said = image("sample", "--model", models["dcgan"], "--truncation", 0, "--overwrite")
    assert code == 2
    assert "truncation" in said


def test_a_picture_can_be_drawn_again_by_its_number(models, image, tmp_path):
    model = ["--model", models["dcgan"], "--seed", 3]
    assert image("sample", *model, "-n", 5)[0] == 0
    wanted = pixels_of(tmp_path / "out" / "sample-0004.png")
    assert image("sample", *model, "-n", 1, "--first", 4, "--overwrite")[0] == 0
    assert np.array_equal(pixels_of(tmp_path / "out" / "sample-0004.png"), wanted)
    assert image("sample", "--model", models["dcgan"], "-n", 4, "--overwrite")[0] == 0
    assert not np.array_equal(pixels_of(tmp_path / "out" / "sample-0004.png"), wanted)


def test_a_sheet_is_one_file(models, image, tmp_path):
    assert image("sample", "--model", models["dcgan"], "-n", 6, "--sheet")[0] == 0
    assert names_in(tmp_path / "out") == ["sheet.png"]


def test_what_is_there_is_replaced_only_if_asked(models, image, tmp_path):
    words = ["sample", "--model", models["dcgan"], "-n", 2]
    assert image(*words)[0] == 0
    before = pixels_of(tmp_path / "out" / "sample-0001.png")
    assert refused(image(*words, "--seed", 1), "sample-0001.png is there already; --overwrite")
    assert np.array_equal(pixels_of(tmp_path / "out" / "sample-0001.png"), before)
    assert image(*words, "--seed", 1, "--overwrite")[0] == 0
    assert not np.array_equal(pixels_of(tmp_path / "out" / "sample-0001.png"), before)


def test_captions_are_drawn_and_kept_in_the_file(models, image, tmp_path):
    words = ["sample", "--model", models["captions"], "-n", 1]
    assert image(*words, "--caption", "a red bag on a dark background")[0] == 0
    red = pixels_of(tmp_path / "out" / "sample-0001.png")
    with Image.open(tmp_path / "out" / "sample-0001.png") as drawn:
        assert drawn.text["Caption"] == "a red bag on a dark background"
    assert image(*words, "--caption", "a blue bag", "--overwrite")[0] == 0
    assert not np.array_equal(pixels_of(tmp_path / "out" / "sample-0001.png"), red)
    assert image(*words, "--overwrite")[0] == 0
    with Image.open(tmp_path / "out" / "sample-0001.png") as drawn:
        assert "t-shirt" in drawn.text["Caption"] or "tee" in drawn.text["Caption"]


@pytest.mark.parametrize(
    ("kind", "words", "says"),
    [
        ("captions", ["--caption", "a rde bag"], ["'rde'", "did you mean"]),
        ("captions", ["--class", "bag"], ["say it with --caption"]),
        ("dcgan", ["--caption", "a bag"], ["knows no words"]),
        ("dcgan", ["--class", "bag"], ["trained without classes"]),
        ("cgan", ["--class", "bga"], ["no class 'bga'; did you mean 'bag'?"]),
        ("srgan", [], ["`musegan image upscale` uses it"]),
        ("edges", [], ["`musegan image translate` uses it"]),
        ("fanogan", [], ["`musegan image anomaly` uses it"]),
    ],
)
def test_what_cannot_be_drawn_is_one_line(models, image, tmp_path, kind, words, says):
    assert refused(image("sample", "--model", models[kind], *words), *says)
    assert not (tmp_path / "out").exists()


def test_a_grid_has_a_row_a_class(models, image, tmp_path):
    code, said, _ = image("grid", "--model", models["cgan"], "-n", 2)
    assert (code, names_in(tmp_path / "out")) == (0, ["grid.png"])
    assert "3 rows (t-shirt, ankle boot, bag), 2 latents" in said
    assert image("grid", "--model", models["cgan"], "--class", "2", "--overwrite")[1].count("bag")
    assert refused(image("grid", "--model", models["dcgan"]), "a grid has no rows")


def test_an_interpolation_begins_and_ends_with_the_samples(models, image, tmp_path):
    model = ["--model", models["dcgan"], "--seed", 7]
    assert image("interpolate", *model, "--between", "2,5", "--frames", 3)[0] == 0
    assert image("sample", *model, "-n", 1, "--first", 5)[0] == 0
    assert names_in(tmp_path / "out") == [
        "interpolation.gif",
        "interpolation.png",
        "sample-0005.png",
    ]
    with Image.open(tmp_path / "out" / "interpolation.gif") as animation:
        assert animation.n_frames == 6  # 4 there, 2 back
        animation.seek(3)
        last = np.asarray(animation.convert("L"))[4::8, 4::8].astype(int)
    wanted = pixels_of(tmp_path / "out" / "sample-0005.png").astype(int)
    assert np.abs(last - wanted).max() <= 2


def test_a_projection_can_be_the_end_of_an_interpolation(models, image, tmp_path):
    path = picture(tmp_path / "boot.png")
    search = ["--steps", 3, "--restarts", 2]
    for kind, space in (("dcgan", "latent"), ("stylegan2", "style")):
        code, said, _ = image("project", path, "--model", models[kind], *search, "--overwrite")
        assert code == 0
        assert "of 255 a pixel" in said
        file = tmp_path / "out" / "boot.safetensors"
        assert list(load_file(file)) == [space]
        between = ["--between", f"1,{file}", "--frames", 2, "--overwrite"]
        assert image("interpolate", "--model", models[kind], *between)[0] == 0
    assert refused(
        image("interpolate", "--model", models["dcgan"], "--between", f"1,{file}", "--overwrite"),
        "holds a style, and this model has none",
    )


@pytest.mark.parametrize(
    ("between", "says"),
    [
        ("3", "name two pictures or more"),
        ("3,x", "neither the number of a picture"),
        ("0,3", "neither the number of a picture"),
        (f"1,{2**62 + 1}", "neither the number of a picture"),
        (f"1,{'9' * 5000}", "neither the number of a picture"),
        ("1,gone.safetensors", "gone.safetensors: no such file"),
    ],
)
def test_ends_that_are_none_are_refused(models, image, between, says):
    assert refused(image("interpolate", "--model", models["dcgan"], "--between", between), says)


def test_styles_are_mixed_on_a_sheet(models, image, tmp_path):
    model = ["--model", models["stylegan2"]]
    code, said, _ = image("mix", *model, "--coarse", "1,2", "--fine", "3,4,5")
    assert (code, names_in(tmp_path / "out")) == (0, ["mix.png"])
    assert "2 x 3 pictures, layers 4 to 6 from the top row" in said
    assert refused(image("mix", *model, "--coarse", "a"), "--coarse a: expected numbers")
    assert refused(image("mix", *model, "--from-layer", 7), "this model has 6 layers")
    assert refused(image("mix", "--model", models["dcgan"]), "has no styles to mix")


@pytest.mark.parametrize("kind", ["hole", "dcgan"])
def test_what_is_known_stays_when_a_hole_is_filled(models, image, tmp_path, kind):
    path = picture(tmp_path / "torn.png")
    code, said, _ = image(
        "inpaint", path, "--model", models[kind], "--hole", "4,5,6,7", "--steps", 3
    )
    assert code == 0
    assert "16% filled in" in said
    filled, torn = pixels_of(tmp_path / "out" / "torn.png").copy(), pixels_of(path).copy()
    assert not np.array_equal(filled, torn)
    filled[5:12, 4:10] = torn[5:12, 4:10] = 0
    assert np.array_equal(filled, torn)


def test_a_mask_does_for_many_pictures(models, image, tmp_path):
    mask = np.zeros((16, 16), np.uint8)
    mask[:8] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    for name in ("a", "b"):
        picture(tmp_path / "in" / f"{name}.png")
    words = ["inpaint", tmp_path / "in", "--model", models["hole"], "--mask"]
    assert image(*words, tmp_path / "mask.png")[0] == 0
    assert names_in(tmp_path / "out") == ["a.png", "b.png"]
    assert refused(image(*words, tmp_path / "gone.png"), "gone.png: no such file")
    (tmp_path / "text.png").write_text("no picture")
    assert refused(image(*words, tmp_path / "text.png", "--overwrite"), "--mask")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "say what is missing"),
        (["--hole", "1,2,3"], "--hole 1,2,3: expected four whole numbers"),
        (["--hole", "1,2,0,4"], "a width and a height of at least 1"),
        (["--hole", "1,2,3,-4"], "expected four whole numbers"),
        (["--hole", "1,2,3,4", "--mask", "m.png"], "either --hole X,Y,W,H or --mask FILE"),
    ],
)
def test_a_hole_that_is_none_is_refused(models, image, tmp_path, words, says):
    path = picture(tmp_path / "torn.png")
    assert refused(image("inpaint", path, "--model", models["dcgan"], *words), says)


def test_a_hole_beyond_the_picture_is_a_line_about_this_picture(models, image, tmp_path):
    path = picture(tmp_path / "torn.png")
    code, _, error = image("inpaint", path, "--model", models["hole"], "--hole", "10,0,9,4")
    assert code == 2
    assert "torn.png" in error
    assert "reaches beyond the picture's 16 x 16" in error


@pytest.mark.parametrize(
    ("command", "kind", "size", "wanted"),
    [
        ("upscale", "srgan", (6, 5), (24, 20)),
        ("translate", "edges", (16, 16), (16, 16)),
        ("colourise", "grey", (40, 20), (16, 16)),
    ],
)
def test_pictures_are_turned_one_by_one_past_a_damaged_one(
    models, image, tmp_path, command, kind, size, wanted
):
    for name in ("a", "c"):
        picture(tmp_path / "in" / f"{name}.png", size)
    (tmp_path / "in" / "b.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    report = tmp_path / "report.json"
    code, said, error = image(command, tmp_path / "in", "--model", models[kind], "--report", report)
    assert code == 1
    assert names_in(tmp_path / "out") == ["a.png", "c.png"]
    assert error.count("\n") == 1
    assert "b.png" in error
    with Image.open(tmp_path / "out" / "a.png") as turned:
        assert turned.size == wanted
        assert turned.mode == ("RGB" if command == "colourise" else "L")
    assert ("40 x 20, its middle square fitted" in said or "40 x 20, fitted" in said) == (
        command == "colourise"
    )
    assert [bool(row["error"]) for row in json.loads(report.read_text())] == [False, True, False]


@pytest.mark.parametrize(
    ("command", "kind", "says"),
    [
        ("upscale", "edges", "`musegan image translate`"),
        ("translate", "dcgan", "`musegan image sample` uses it"),
        ("colourise", "srgan", "`musegan image upscale`"),
        ("anomaly", "dcgan", "has no encoder"),
    ],
)
def test_a_model_of_another_kind_is_told_with_its_use(models, image, tmp_path, command, kind, says):
    path = picture(tmp_path / "a.png")
    assert refused(image(command, path, "--model", models[kind]), says)


def test_options_of_other_translators_are_refused(models, image, tmp_path):
    path = picture(tmp_path / "a.png")
    words = ["translate", path, "--model", models["edges"]]
    assert refused(image(*words, "--back"), "translates one way")
    assert image(*words, "--drawn")[0] == 0


def test_no_picture_at_all_is_misuse(models, image, tmp_path):
    (tmp_path / "in").mkdir()
    code, _, error = image("translate", tmp_path / "in", "--model", models["edges"])
    assert code == 2
    assert "no picture in this folder" in error
    code, _, error = image("anomaly", tmp_path / "gone.png", "--model", models["fanogan"])
    assert code == 2
    assert "gone.png: no such file" in error


def test_the_most_unusual_come_first_past_a_damaged_one(models, image, tmp_path):
    for seed, name in enumerate("abc"):
        picture(tmp_path / "in" / f"{name}.png", seed=seed)
    (tmp_path / "in" / "d.png").write_bytes(b"no picture")
    code, said, error = image("anomaly", tmp_path / "in", "--model", models["fanogan"])
    assert code == 1
    assert "d.png" in error
    assert names_in(tmp_path / "out") == ["anomaly.csv", "anomaly.png"]
    with (tmp_path / "out" / "anomaly.csv").open() as file:
        rows = list(csv.DictReader(file))
    scores = [float(row["score"]) for row in rows]
    assert len(rows) == 3
    assert scores == sorted(scores, reverse=True)
    assert rows[0]["picture"] in said
    assert image("anomaly", tmp_path / "in", "--model", models["fanogan"])[0] == 2
    assert image("anomaly", tmp_path / "in", "--model", models["fanogan"], "--overwrite")[0] == 1


def test_labelled_pictures_lie_in_a_folder_a_class(models, image, tmp_path):
    words = ["augment", "--model", models["cgan"], "-n", 2]
    code, said, _ = image(*words)
    assert code == 0
    assert "2 pictures of each of 3 classes" in said
    names = [f"{name}/0000{number}.png" for name in CLASSES for number in (1, 2)]
    assert names_in(tmp_path / "out") == sorted([*names, "labels.csv"])
    with (tmp_path / "out" / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["file"]: row["class"] for row in rows} == {
        name: name.split("/")[0] for name in names
    }
    (tmp_path / "out" / "labels.csv").unlink()
    assert refused(image(*words), "has files already")
    assert image(*words, "--overwrite", "--class", "bag")[0] == 0
    assert refused(image("augment", "--model", models["dcgan"]), "nobody knows what it draws")
