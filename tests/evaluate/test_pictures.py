"""Pictures judged by a toy judge: the mean of each quarter, and which is brightest."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from musegan.evaluate.frechet import frechet_distance
from musegan.evaluate.pictures import (
    GAUSSIAN,
    MISSING,
    OURS,
    REAL,
    Looked,
    Split,
    class_score,
    picture_distance,
    picture_table,
    pictures_told_apart,
)
from musegan.evaluate.picturetable import print_pictures


def pictures(seed, count=200):
    """A bright quarter of four, on a dim ground."""
    random = np.random.default_rng(seed)
    labels = random.integers(4, size=count)
    images = random.integers(0, 60, (count, 1, 8, 8)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = 4 * (label // 2), 4 * (label % 2)
        image[0, row : row + 4, column : column + 4] += random.integers(100, 190, dtype=np.uint8)
    return Split(images, labels)


def look(images):
    quarters = images.reshape(len(images), 2, 4, 2, 4).mean(axis=(2, 4)).reshape(len(images), 4)
    chances = np.exp(quarters / 10)
    return Looked(quarters / 50, chances / chances.sum(1, keepdims=True))


@pytest.fixture(scope="module")
def report():
    def generate(count, seed):
        return pictures(100 + seed, count).images

    return picture_table(
        look, generate, pictures(0, 300), pictures(1), judge="toy", accuracy=1.0, seeds=(0, 1)
    )


def test_a_generator_of_the_real_kind_is_as_near_as_real_pictures(report):
    assert report.pictures == 200
    ours, real = report.row(OURS), report.row(REAL)
    assert ours.frechet < 5 * real.frechet
    for row in (ours, real):
        assert row.precision > 0.8
        assert row.recall > 0.8
        assert row.coverage > 0.8
        assert row.modes == 4
        assert row.divergence < 0.03
        assert row.told_apart.low < 0.5 < row.told_apart.high


def test_the_gaussian_is_far_and_shares_what_it_lacks(report):
    gaussian, real = report.row(GAUSSIAN), report.row(REAL)
    assert gaussian.precision < real.precision - 0.2
    assert gaussian.told_apart.low > 0.6
    assert report.share == report.row(OURS).frechet / gaussian.frechet


def test_a_copy_without_two_classes_is_precise_and_lacks_their_recall(report):
    missing = report.row(MISSING)
    assert missing.modes == 2
    assert missing.divergence == pytest.approx(np.log(2), abs=0.1)
    assert missing.precision > 0.9
    assert missing.coverage == pytest.approx(0.5, abs=0.1)
    assert missing.frechet > 20 * report.row(REAL).frechet


def test_ours_is_the_mean_of_its_seeds(report):
    assert report.row(OURS).frechet == np.mean([row.frechet for row in report.each])
    assert report.each[0].frechet != report.each[1].frechet


def test_the_report_is_json_and_its_table_has_every_row(report):
    told = json.loads(json.dumps(report.as_json()))
    assert [row["name"] for row in told["rows"]] == [OURS, REAL, GAUSSIAN, MISSING]
    assert told["rows"][0]["reads"] is None
    assert told["frechet_interval"]["values"] == 2
    console = Console(width=160, record=True, file=io.StringIO())
    print_pictures(report, console)
    text = console.export_text()
    assert all(name in text for name in (OURS, REAL, GAUSSIAN, MISSING, "4 of 4"))


def test_what_was_asked_for_is_read():
    def generate(count, seed):
        return pictures(5, count).images

    asked = pictures(5, 200).labels.copy()
    asked[:50] = (asked[:50] + 1) % 4
    found = picture_table(
        look, generate, pictures(0), pictures(1), classify=False, asked=asked
    ).row(OURS)
    assert found.reads == 0.75
    assert found.told_apart is None


def test_the_distance_is_the_fields_with_covariances_as_they_are():
    first, second = look(pictures(0, 50).images), look(pictures(1, 50).images)
    found = picture_distance(first, second)
    biased = frechet_distance(first.features, second.features, shrink=False)
    assert found == pytest.approx(biased, rel=0.05)
    assert found != biased  # divided by one item less, as FID's programs do
    shift = Looked(first.features + np.array([3.0, 0, 4, 0]), first.chances)
    assert picture_distance(first, shift) == pytest.approx(25)


def test_the_score_is_the_number_of_classes_at_best_and_one_at_worst():
    assert class_score(np.eye(7).repeat(3, axis=0)) == pytest.approx(7)
    assert class_score(np.full((5, 7), 1 / 7)) == pytest.approx(1)


def test_a_picture_and_its_copy_cannot_be_told_apart():
    looked = look(pictures(0, 200).images)
    assert pictures_told_apart(looked, looked).accuracy == 0.5


def test_of_two_classes_no_copy_without_two_can_be_made():
    train, test = (Split(part.images, part.labels % 2) for part in (pictures(1), pictures(2)))
    report = picture_table(
        look, lambda count, seed: train.images[:count], train, test, classify=False
    )
    assert [row.name for row in report.rows] == [OURS, REAL, GAUSSIAN]
