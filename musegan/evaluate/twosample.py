"""A two-sample test: can a freshly trained classifier tell ours from real?

0.5 is perfect, 1 means that every window gives itself away (Lopez-Paz and Oquab 2017). The
classifier is gradient-boosted trees on plain features; no window is judged by trees that saw its
song. Pictures are songs of one window.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold

Floats = npt.NDArray[np.float64]

_DRAWS = 2000
_AT_ONCE = 100  # draws, so that sets of many songs need little memory


@dataclass(frozen=True)
class ToldApart:
    """How often the classifier is right, with a 95 % interval from redrawing songs."""

    accuracy: float
    low: float
    high: float


def told_apart(
    real: Floats,
    ours: Floats,
    real_songs: npt.NDArray[np.int64],
    our_songs: npt.NDArray[np.int64],
    *,
    folds: int = 5,
    seed: int = 0,
) -> ToldApart:
    """Train and judge the classifier by cross-validation, whole songs together.

    Args:
        real, ours: features (window, feature).
        real_songs, our_songs: the song of each window, (window,); a song has one number in both.
        folds: parts of the songs; each is judged by trees trained on the others.
        seed: of the trees and of the interval.

    Accuracy is balanced: the mean of the rates on real and on ours.

    Raises:
        ValueError: there are fewer songs than two.
    """
    features = np.concatenate([real, ours])
    is_ours = np.concatenate([np.zeros(len(real), np.int64), np.ones(len(ours), np.int64)])
    songs = np.concatenate([real_songs, our_songs])
    distinct, song_index = np.unique(songs, return_inverse=True)
    if len(distinct) < 2:
        raise ValueError(f"a test across songs needs two or more; got {len(distinct)}")
    right = np.zeros(len(features))
    splits = GroupKFold(n_splits=min(folds, len(distinct))).split(features, is_ours, songs)
    for train, judge in splits:
        trees = HistGradientBoostingClassifier(
            max_iter=100,
            learning_rate=0.1,
            class_weight="balanced",
            early_stopping=False,
            random_state=seed,
        )
        trees.fit(features[train], is_ours[train])
        right[judge] = trees.predict(features[judge]) == is_ours[judge]

    # (song, class): windows judged right, and windows
    cell = song_index * 2 + is_ours
    hits = np.bincount(cell, right, 2 * len(distinct)).reshape(-1, 2)
    windows = np.bincount(cell, minlength=2 * len(distinct)).reshape(-1, 2)
    random, redrawn = np.random.default_rng(seed), []
    with np.errstate(invalid="ignore"):
        for _ in range(0, _DRAWS, _AT_ONCE):
            draws = random.integers(0, len(distinct), (_AT_ONCE, len(distinct)))
            rates = hits[draws].sum(axis=1) / windows[draws].sum(axis=1)
            redrawn.append(np.nanmean(rates, axis=1))
    low, high = np.quantile(np.concatenate(redrawn), [0.025, 0.975])
    accuracy = (hits.sum(axis=0) / windows.sum(axis=0)).mean()
    return ToldApart(float(accuracy), float(low), float(high))
