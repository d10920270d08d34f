import pytest
import torch
from imagemodels import linear_model

from musegan.errors import UsageError
from musegan.picturing.augmentation import check_labels, labelled


def test_every_class_gets_as_many_and_no_two_pictures_are_the_same():
    model = linear_model(classes=3)
    parts = list(labelled(model, [0, 2], 300))
    assert [(part.label, len(part.numbers)) for part in parts] == [
        (0, 256),
        (0, 44),
        (2, 256),
        (2, 44),
    ]
    images = torch.cat([part.images for part in parts]).flatten(1)
    assert len(images.unique(dim=0)) == 600


def test_a_picture_does_not_depend_on_what_is_drawn_with_it():
    model = linear_model(classes=3)
    (alone,) = labelled(model, [2], 5, seed=1)
    *_, last = labelled(model, [0, 1, 2], 9, seed=1)
    assert torch.allclose(last.images[:5], alone.images, atol=1e-6)
    (other,) = labelled(model, [2], 5, seed=2)
    assert not torch.allclose(other.images, alone.images, atol=1e-2)


def test_a_model_without_classes_cannot_label():
    with pytest.raises(UsageError, match="nobody knows what it draws"):
        check_labels(linear_model())
