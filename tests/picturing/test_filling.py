import numpy as np
import pytest
import torch
from imagemodels import SMALL, linear_model, release
from PIL import Image

from musegan.config import ImageData
from musegan.errors import FormatError, UsageError
from musegan.experiments.latents import latents_of
from musegan.picturing.filling import fill, fills_holes, known_around, read_mask
from musegan.picturing.latents import draw
from musegan.picturing.opening import open_model
from musegan.picturing.reading import Picture


def picture_of(size, side=8, fit="pad"):
    return Picture(torch.zeros(1, side, side), size, fit)


def hole_in(known):
    """First and last column, first and last row of what is missing."""
    rows, columns = torch.nonzero(~known, as_tuple=True)
    return tuple(int(x) for x in (columns.min(), columns.max(), rows.min(), rows.max()))


def test_a_hole_is_where_it_is_said_to_be():
    known = known_around((1, 2, 3, 4), picture_of((8, 8)))
    assert hole_in(known) == (1, 3, 2, 5)
    assert (~known).sum() == 12


def test_a_hole_is_said_in_the_pixels_of_the_picture_as_it_was():
    assert hole_in(known_around((8, 8, 8, 8), picture_of((32, 32)))) == (2, 3, 2, 3)
    # 16 x 8, padded: a row of 8 x 4 with two black rows above
    assert hole_in(known_around((0, 0, 4, 8), picture_of((16, 8)))) == (0, 1, 2, 5)
    # its middle square: columns 4 to 12 are kept
    assert hole_in(known_around((4, 0, 4, 2), picture_of((16, 8), fit="crop"))) == (0, 3, 0, 1)


@pytest.mark.parametrize(
    ("box", "size", "says"),
    [
        ((5, 0, 4, 2), (8, 8), "reaches beyond the picture's 8 x 8"),
        ((0, 0, 8, 8), (8, 8), "the whole picture is missing"),
        ((4, 0, 8, 8), (16, 8), "nothing is known"),
        ((0, 0, 2, 2), (16, 8), "lies where the picture is cut off"),
    ],
)
def test_a_hole_that_cannot_be_is_refused(box, size, says):
    fit = "pad" if size == (8, 8) else "crop"
    with pytest.raises(UsageError, match=says):
        known_around(box, picture_of(size, fit=fit))


def test_a_mask_is_white_where_something_is_missing(tmp_path):
    pixels = np.zeros((8, 8), np.uint8)
    pixels[2:4, 5:] = 255
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    assert hole_in(read_mask(linear_model(), tmp_path / "mask.png")) == (5, 7, 2, 3)
    for grey, says in ((0, "nowhere white"), (255, "all white")):
        Image.fromarray(np.full((8, 8), grey, np.uint8)).save(tmp_path / "mask.png")
        with pytest.raises(UsageError, match=says):
            read_mask(linear_model(), tmp_path / "mask.png")
    (tmp_path / "mask.png").write_bytes(b"nothing")
    with pytest.raises(FormatError, match=r"mask\.png"):
        read_mask(linear_model(), tmp_path / "mask.png")


def test_by_projection_the_known_stays_and_the_hole_becomes_what_was_there():
    model = linear_model()
    whole = draw(model, latents_of(99, [5], 6), torch.tensor([0]))[0]
    known = torch.ones(8, 8, dtype=torch.bool)
    known[2:6, 2:6] = False
    torn = torch.where(known, whole, torch.ones(()))
    filled = fill(model, torn, known, steps=300)
    assert torch.equal(filled[:, known], whole[:, known])
    assert (filled - whole)[:, ~known].abs().max() < 0.05


def test_a_hole_filler_leaves_the_known_as_it_is_and_cannot_see_the_hole(tmp_path):
    sizes = SMALL._replace(shown_side=16, shown_channels=2, masked=True)
    data = ImageData(side=16, view="hole")
    model = open_model(str(release(tmp_path / "h.safetensors", "pix2pix", sizes, data=data)))
    assert fills_holes(model)
    picture = torch.rand(1, 16, 16) * 2 - 1
    known = torch.ones(16, 16, dtype=torch.bool)
    known[4:9, 3:12] = False
    ticked = []
    filled = fill(model, picture, known, tick=ticked.append, steps=5)
    assert torch.equal(filled[:, known], picture[:, known])
    assert not torch.equal(filled, picture)
    assert torch.equal(filled, fill(model, picture.masked_fill(~known, 1.0), known))
    assert ticked == [5]
