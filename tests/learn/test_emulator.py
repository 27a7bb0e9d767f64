from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nanonet import Dataset, InputError
from nanonet.evaluate.metrics import ln_rmse
from nanonet.formats import potential_table
from nanonet.learn import emulator

DATA = Dataset.shipped("implicit")
TABLE = potential_table.shipped()


def test_networks_learn_what_the_mean_curve_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator, "_EPOCHS", 150)
    train, test = DATA[:120], DATA[120:160]
    found = emulator.fit(train.X, train.G, train.r, TABLE, members=1)
    mean = np.exp(np.log(train.G + 0.03).mean(axis=0))
    error = np.nanmean(ln_rmse(test.G, found.predict(test.X, test.r)))
    assert error < 0.5 * np.nanmean(ln_rmse(test.G, np.tile(mean, (len(test), 1))))
    again = emulator.fit(train.X, train.G, train.r, TABLE, members=1)
    assert np.array_equal(found.weights_3, again.weights_3)


def test_what_cannot_teach_is_refused() -> None:
    with pytest.raises(InputError, match="12 implicit compositions; allowed are 40 or more"):
        emulator.train_emulator(DATA[:12], TABLE)
    with pytest.raises(InputError, match=r"entry 0 \(.*\) has fidelity explicit"):
        emulator.train_emulator(Dataset.shipped(), TABLE)
    for nps in (200, None):
        other = Dataset(DATA.points[:1], DATA.curves[:1], (replace(DATA.provenance[0], nps=nps),))
        with pytest.raises(InputError, match=rf"has nps = {nps}; allowed is 8, as an explicit run has"):
            emulator.train_emulator(other, TABLE)
