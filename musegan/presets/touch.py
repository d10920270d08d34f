"""Touch: how hard and how early or late a band strikes its notes."""

from musegan.config import Health, TouchExperiment, Training

TOUCHES = {
    "touch": TouchExperiment(
        name="touch",
        train=Training(
            loss="relativistic",
            learning_rate=1e-3,
            last_rate=0.05,
            warmup=0,
            batch_size=64,
            rounds=10_000,
            gamma=5.0,
            penalty_every=1,
            average=0.999,
        ),
        health=Health(every=500, samples=512),
    ),
}
