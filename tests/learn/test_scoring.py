from __future__ import annotations

import numpy as np
import pytest

from nanonet.learn.scoring import black_mse, ln_rmse, mean_mse


def test_trivial_pictures() -> None:
    pictures = np.zeros((2, 64, 64), dtype=np.float32)
    pictures[0, :, 3] = 1
    pictures[1, :, 5] = 1
    assert black_mse(pictures) == pytest.approx(1 / 64)
    assert mean_mse(pictures) == pytest.approx(2 * 0.25 / 64)


def test_ln_rmse_counts_where_g_is_known() -> None:
    true = np.array([[0.0, 1.0, 2.0], [0.01, 0.0, 0.04]])
    assert ln_rmse(true, true)[0] == 0
    assert ln_rmse(true, true * np.e)[0] == pytest.approx(1.0)
    assert ln_rmse(true, np.zeros((2, 3)))[0] == pytest.approx(np.sqrt((np.log(20) ** 2 + np.log(40) ** 2) / 2))
    assert np.isnan(ln_rmse(true, true)[1])
