import pytest
from imagemodels import SMALL, release

from musegan.config import ImageData
from musegan.errors import CheckpointError, UsageError
from musegan.experiments.naming import class_name, class_number
from musegan.picturing.opening import check_draws, open_model, use_of
from musegan.pretrained import find_weights

CONDITIONAL = SMALL._replace(classes=3)
TURNER = SMALL._replace(shown_side=16, shown_channels=1)


def opened(tmp_path, system, sizes=SMALL, **more):
    return open_model(str(release(tmp_path / f"{system}.safetensors", system, sizes, **more)))


def test_a_run_folder_stands_for_its_weights(tmp_path):
    path = release(tmp_path / "run" / "model.safetensors", "dcgan")
    assert find_weights(str(tmp_path / "run")) == path
    assert open_model(str(tmp_path / "run")).experiment.name == "dcgan"


def test_what_is_no_model_is_one_line(tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(CheckpointError, match=r"no model\.safetensors in this folder"):
        open_model(str(tmp_path / "run"))
    with pytest.raises(CheckpointError, match="no model 'gone'; bundled"):
        open_model("gone")
    with pytest.raises(CheckpointError, match="holds 'band', no GAN on images"):
        open_model("band")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(release(tmp_path / "a.safetensors", "dcgan").read_bytes()[:-9])
    with pytest.raises(CheckpointError, match="damaged"):
        open_model(str(broken))


def test_weights_of_other_sizes_are_refused_in_a_line(tmp_path):
    path = release(tmp_path / "a.safetensors", "dcgan")
    path.write_bytes(path.read_bytes().replace(b'\\"width\\": 4', b'\\"width\\": 8'))
    with pytest.raises(CheckpointError, match="damaged, or of another version"):
        open_model(str(path))


@pytest.mark.parametrize(
    ("system", "sizes", "view", "use"),
    [
        ("dcgan", SMALL, "", "sample"),
        ("fanogan", SMALL, "", "anomaly"),
        ("srgan", SMALL._replace(shown_side=4, shown_channels=1), "small", "upscale"),
        ("pix2pix", TURNER, "edges", "translate"),
        ("pix2pix", TURNER._replace(channels=3), "grey", "colourise"),
        ("pix2pix", TURNER._replace(shown_channels=2, masked=True), "hole", "inpaint"),
    ],
)
def test_every_model_is_known_by_its_use(tmp_path, system, sizes, view, use):
    data = ImageData(side=16, channels=sizes.channels, view=view)
    model = opened(tmp_path, system, sizes, data=data)
    assert use_of(model) == use
    if use != "sample":
        with pytest.raises(UsageError, match=f"`musegan image {use}` uses it"):
            check_draws(model, "grid")


def test_classes_are_found_by_name_number_and_case(tmp_path):
    model = opened(tmp_path, "cgan", CONDITIONAL)
    assert [class_number(model, name) for name in ("Ankle  Boot", "bag", "0")] == [1, 2, 0]
    assert class_name(model, 1) == "ankle boot"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ankel boot", "did you mean 'ankle boot'"),
        ("boot", "did you mean 'ankle boot'"),
        ("7", "there are t-shirt, ankle boot, bag"),
        ("", "there are t-shirt"),
    ],
)
def test_a_class_that_is_not_there_is_answered_with_those_that_are(tmp_path, name, says):
    with pytest.raises(UsageError, match=says):
        class_number(opened(tmp_path, "cgan", CONDITIONAL), name)


def test_a_model_without_classes_says_so(tmp_path):
    with pytest.raises(UsageError, match="trained without classes"):
        class_number(opened(tmp_path, "dcgan"), "bag")


def test_a_judge_is_told_from_a_band():
    with pytest.raises(CheckpointError, match="holds a judge, no GAN"):
        open_model("judge-fashion")
