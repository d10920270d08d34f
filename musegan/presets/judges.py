"""Judges: the classifiers whose features pictures are measured by."""

from musegan.config import ImageData, JudgeExperiment, JudgeModel, Training

JUDGES = {
    # Musegan's own; with data.source it learns any set that has classes.
    "judge": JudgeExperiment(
        name="judge",
        data=ImageData(flip=True),
        model=JudgeModel(width=32, features=128),
        train=Training(
            learning_rate=2e-3,
            last_rate=0.01,
            warmup=100,
            beta1=0.9,
            beta2=0.99,
            batch_size=128,
            rounds=5_000,
            average=0.995,
        ),
    ),
}
