import pytest
import torch

from musegan.models.judge import JudgeNetwork, moved


def images(count, side, channels=1):
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(0))


def test_it_has_between_100_and_250_thousand_weights():
    network = JudgeNetwork(1, 10)
    assert 100_000 < sum(weight.numel() for weight in network.parameters()) < 250_000


@pytest.mark.parametrize(("side", "channels"), [(8, 1), (28, 1), (32, 3), (45, 3)])
def test_images_of_any_size_have_as_many_features(side, channels):
    network = JudgeNetwork(channels, 7, width=8, features=16)
    assert network.features(images(3, side, channels)).shape == (3, 16)
    assert network(images(3, side, channels)).shape == (3, 7)


def test_what_it_says_of_an_image_does_not_depend_on_the_others():
    network = JudgeNetwork(1, 5, width=8, features=16)
    network(images(64, 16))  # so that its norms have seen something
    network.eval()
    batch = images(6, 16)
    alone = torch.cat([network(image[None]) for image in batch])
    assert torch.allclose(network(batch), alone, atol=1e-5)


def test_images_move_by_whole_pixels_and_black_comes_in():
    image = torch.arange(1.0, 10).view(1, 1, 3, 3)
    still, corner, opposite = moved(
        image.expand(3, 1, 3, 3), torch.tensor([[0.5, 0.5], [0.0, 0.0], [0.99, 0.99]]), 1
    )[:, 0].tolist()
    assert still == image[0, 0].tolist()
    assert corner == [[-1, -1, -1], [-1, 1, 2], [-1, 4, 5]]
    assert opposite == [[5, 6, -1], [8, 9, -1], [-1, -1, -1]]


def test_rows_and_columns_move_apart_and_channels_together():
    image = torch.stack([torch.arange(1.0, 10).view(3, 3), torch.arange(11.0, 20).view(3, 3)])
    (shifted,) = moved(image[None], torch.tensor([[0.99, 0.5]]), 1).tolist()
    assert shifted[0] == [[4, 5, 6], [7, 8, 9], [-1, -1, -1]]
    assert shifted[1] == [[14, 15, 16], [17, 18, 19], [-1, -1, -1]]


def test_every_shift_is_as_likely():
    places = torch.rand(10_000, 2, generator=torch.Generator().manual_seed(1))
    pixel = torch.full((1, 1, 5, 5), -1.0)
    pixel[0, 0, 2, 2] = 1
    found = (moved(pixel.expand(10_000, 1, 5, 5), places, 2) > 0).float().mean(0)[0]
    assert torch.allclose(found, torch.full((5, 5), 1 / 25), atol=0.01)
