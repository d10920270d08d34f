"""Pictures of every kind are read as what a person sees, or refused in a line."""

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from musegan.errors import FormatError
from musegan.images.reading import open_picture, read_picture, shown, squared

ROW, COLUMN = np.mgrid[0:40, 0:60]
COLOURS = np.stack([COLUMN * 4, ROW * 6, 255 - COLUMN * 4], axis=2).astype(np.uint8)
RAMP = (COLUMN * 4369 // 4).astype(np.uint16)  # up to 64,442


def picture():
    return Image.fromarray(COLOURS)


def png(depth, kind, rows, size=(60, 40)):
    """A PNG of raw rows of bytes, of depths that Pillow does not write."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", *size, depth, kind, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def seen(path, **how):
    return np.asarray(open_picture(path, **how).convert("RGB")).astype(int)


@pytest.mark.parametrize(
    ("name", "mode", "off"),
    [
        ("a.png", "RGB", 0),
        ("a.bmp", "RGB", 0),
        ("a.tiff", "RGB", 0),
        ("a.ppm", "RGB", 0),
        ("a.jpg", "RGB", 8),
        ("a.webp", "RGB", 16),
        ("a.png", "RGBA", 0),
        ("a.tiff", "RGBX", 0),
        ("a.png", "P", 40),
        ("a.gif", "P", 40),
        ("a.jpg", "CMYK", 8),
        ("a.tiff", "CMYK", 1),
        ("a.jpg", "YCbCr", 8),
        ("a.tiff", "YCbCr", 3),
    ],
)
def test_colour_is_read_from_every_kind_of_file(tmp_path, name, mode, off):
    picture().convert(mode).save(tmp_path / name)
    assert np.abs(seen(tmp_path / name) - COLOURS).mean(axis=(0, 1)).max() <= off


def test_lab_colours_are_read_as_they_look(tmp_path):
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    ImageCms.profileToProfile(picture(), *profiles, outputMode="LAB").save(tmp_path / "a.tiff")
    assert np.abs(seen(tmp_path / "a.tiff") - COLOURS).mean() < 8


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.gif", "a.tiff", "a.webp", "a.pgm"])
def test_grey_is_read_from_every_kind_of_file(tmp_path, name):
    grey = (COLUMN * 4).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / name)
    assert np.abs(seen(tmp_path / name)[..., 0] - grey).mean() < 3


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tiff", "a.gif"])
def test_black_and_white_is_read(tmp_path, name):
    Image.fromarray(COLUMN > 30).save(tmp_path / name)
    assert np.array_equal(seen(tmp_path / name)[..., 1], (COLUMN > 30) * 255)


@pytest.mark.parametrize("name", ["a.png", "a.tiff"])
def test_16_bits_keep_their_upper_half(tmp_path, name):
    Image.fromarray(RAMP).save(tmp_path / name)
    assert np.array_equal(seen(tmp_path / name)[..., 0], np.round(RAMP / 257))


@pytest.mark.parametrize("alpha", [False, True])
def test_16_bits_a_colour_are_read(tmp_path, alpha):
    wide = COLOURS.astype(np.uint16) * 257
    if alpha:
        wide = np.concatenate([wide, np.full((40, 60, 1), 65535, np.uint16)], axis=2)
    rows = [row.astype(">u2").tobytes() for row in wide]
    (tmp_path / "a.png").write_bytes(png(16, 6 if alpha else 2, rows))
    assert np.abs(seen(tmp_path / "a.png") - COLOURS).max() <= 1


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0])
def test_floats_are_read_by_the_scale_they_fit(tmp_path, top):
    share = (COLUMN / 59).astype(np.float32)
    Image.fromarray(share * np.float32(top)).save(tmp_path / "a.tiff")
    assert np.abs(seen(tmp_path / "a.tiff")[..., 0] - share * 255).max() <= 0.51


def test_floats_that_are_no_numbers_are_black(tmp_path):
    share = np.full((40, 60), 0.5, np.float32)
    share[0, 0] = np.nan
    Image.fromarray(share).save(tmp_path / "a.tiff")
    assert seen(tmp_path / "a.tiff")[0, :2, 0].tolist() == [0, 128]


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.png", "RGBA"), ("a.png", "LA"), ("a.gif", "RGBA"), ("a.webp", "RGBA"), ("a.tiff", "LA")],
)
def test_what_is_transparent_is_the_ground(tmp_path, name, mode):
    clear = picture().convert("RGBA")
    clear.putalpha(Image.fromarray(((COLUMN < 30) * 255).astype(np.uint8)))
    clear.convert(mode).save(tmp_path / name)
    assert (seen(tmp_path / name)[:, 30:] == 0).all()
    assert (seen(tmp_path / name, ground="white")[:, 30:] == 255).all()
    assert seen(tmp_path / name)[20, :29].sum() > 0


def test_half_transparent_is_half_the_ground(tmp_path):
    Image.new("RGBA", (4, 4), (200, 100, 0, 128)).save(tmp_path / "a.png")
    assert seen(tmp_path / "a.png")[0, 0].tolist() == [100, 50, 0]
    assert seen(tmp_path / "a.png", ground="white")[0, 0].tolist() == [227, 177, 127]


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_single_transparent_colour_is_the_ground_too(tmp_path, mode):
    image = Image.new(mode, (8, 8))
    image.paste(Image.new(mode, (4, 8), (9 if mode != "RGB" else (9, 9, 9))), (0, 0))
    image.save(tmp_path / "a.png", transparency=0 if mode != "RGB" else (0, 0, 0))
    assert (seen(tmp_path / "a.png", ground="white")[:, 4:] == 255).all()


@pytest.mark.parametrize(("tag", "turn"), [(3, 2), (6, 3), (8, 1)])
def test_a_photo_is_turned_upright(tmp_path, tag, turn):
    exif = Image.Exif()
    exif[0x112] = tag
    picture().save(tmp_path / "a.jpg", exif=exif, quality=95)
    assert np.abs(seen(tmp_path / "a.jpg") - np.rot90(COLOURS, turn)).mean() < 5


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.tiff"])
def test_of_an_animation_the_first_frame_is_read(tmp_path, name):
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    assert np.abs(seen(tmp_path / name)[15, 15] - [255, 0, 0]).max() < 10


def test_the_middle_square_is_cut_out(tmp_path):
    stripes = np.zeros((20, 60, 3), np.uint8)
    stripes[:, 20:40] = 200
    Image.fromarray(stripes).save(tmp_path / "a.png")
    assert (read_picture(tmp_path / "a.png", 10, 3) == 200).all()


def test_a_border_makes_a_square_of_all_of_it(tmp_path):
    Image.new("RGB", (64, 16), "red").save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png", 32, 3, fit="pad", ground="white")
    red = picture[1] == 0
    assert red[12:20].all()
    assert not red[:12].any()
    assert not red[20:].any()


def test_a_small_picture_is_enlarged_pixel_for_pixel():
    small = np.random.default_rng(0).integers(256, size=(8, 8), dtype=np.uint8)
    large = np.asarray(squared(Image.fromarray(small), 32, "crop", "black"))
    assert np.array_equal(large, small.repeat(4, 0).repeat(4, 1))
    bordered = np.asarray(squared(Image.fromarray(small[:, :6]), 32, "pad", "black"))
    assert np.array_equal(bordered[:, 4:28], small[:, :6].repeat(4, 0).repeat(4, 1))


def test_a_fine_pattern_is_reduced_to_its_mean():
    board = ((COLUMN + ROW) % 2 * 255)[:40, :40].astype(np.uint8)
    small = np.asarray(squared(Image.fromarray(board), 8, "crop", "black"))
    assert np.abs(small.astype(int) - 127).max() <= 4


@pytest.mark.parametrize(("channels", "pixel"), [(1, [76]), (3, [255, 0, 0])])
def test_channels_are_grey_or_colour_as_asked(tmp_path, channels, pixel):
    Image.new("RGB", (9, 9), "red").save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png", 4, channels)
    assert picture.shape == (channels, 4, 4)
    assert picture[:, 0, 0].tolist() == pixel


@pytest.mark.parametrize("size", [(1, 1), (5000, 10), (3, 2000)])
@pytest.mark.parametrize("fit", ["crop", "pad"])
def test_any_shape_is_read(tmp_path, size, fit):
    Image.new("RGB", size, "white").save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png", 32, 1, fit=fit)
    assert picture.shape == (1, 32, 32)
    assert picture.max() > 250


def test_a_large_photo_read_by_halves_looks_the_same(tmp_path):
    image = picture().resize((1200, 800), Image.Resampling.BICUBIC)
    image.save(tmp_path / "a.jpg", quality=95)
    image.save(tmp_path / "a.png")
    pair = [read_picture(tmp_path / name, 32, 3).astype(int) for name in ("a.jpg", "a.png")]
    assert np.abs(pair[0] - pair[1]).max() < 12


def damaged(kind, tmp_path):
    picture().save(tmp_path / "whole.png")
    picture().save(tmp_path / "whole.jpg")
    whole, photo = ((tmp_path / name).read_bytes() for name in ("whole.png", "whole.jpg"))
    return {
        "empty": b"",
        "text": b"hello\n",
        "zeros": bytes(4000),
        "cut": whole[:-60],
        "head": whole[:20],
        "flipped": whole[:60] + bytes([whole[60] ^ 255]) + whole[61:],
        "photo": photo[: len(photo) // 2],
        "vector": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        "bomb": png(8, 0, [b""], size=(60_000, 60_000)),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("empty", "empty"),
        ("text", "no picture"),
        ("zeros", "no picture"),
        ("cut", "damaged"),
        ("head", "damaged"),
        ("flipped", "damaged"),
        ("photo", "damaged"),
        ("vector", "no picture"),
        ("bomb", "too large; at most 100,000,000 pixels"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_line(tmp_path, kind, says):
    (tmp_path / "odd.png").write_bytes(damaged(kind, tmp_path))
    with pytest.raises(FormatError) as caught:
        read_picture(tmp_path / "odd.png", 32, 3)
    assert f"odd.png: {says}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_picture_of_more_pixels_than_are_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("musegan.images.reading.LARGEST", 100)
    picture().save(tmp_path / "a.png")
    with pytest.raises(FormatError, match="60 x 40 pixels; at most 100 are read"):
        read_picture(tmp_path / "a.png", 32, 3)


@pytest.mark.parametrize("kind", ["missing", "folder", "loop"])
def test_what_is_no_file_is_refused_in_a_line(tmp_path, kind):
    path = tmp_path / "a.png"
    if kind == "folder":
        path.mkdir()
    if kind == "loop":
        os.symlink("a.png", path)
    with pytest.raises(FormatError, match=r"a\.png: "):
        read_picture(path, 32, 3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP"])
def test_random_damage_is_read_or_refused_and_nothing_else(tmp_path, kind):
    rng = np.random.default_rng(0)
    path = tmp_path / "a"
    picture().convert("P" if kind == "GIF" else "RGB").save(path, kind)
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    read = 0
    for _ in range(40):
        data = whole.copy()
        data[rng.integers(len(data), size=3)] = rng.integers(256, size=3)
        path.write_bytes(data.tobytes())
        try:
            read += read_picture(path, 8, 3).shape == (3, 8, 8)
        except FormatError as error:
            assert "\n" not in str(error)
    assert read < 40 or kind in ("BMP", "TIFF", "WEBP")


def test_a_name_is_shown_in_one_line_that_any_terminal_takes(tmp_path):
    assert shown(tmp_path / "größe 図.png").endswith("größe 図.png")
    assert shown(tmp_path / "new\nline") == f"{tmp_path}/new\\nline"
    assert shown(tmp_path / os.fsdecode(b"bad\xff")) == f"{tmp_path}/bad\\udcff"
