"""Learn curves that are no g(r), of inputs that are no composition: a pressure over density, at several temperatures.

The curves are van der Waals isotherms with noise, so that the exact answer is known; put measured ones in their place.

Takes 4 seconds. Needs `pip install '.[learn]'`. Writes `isotherms.nc`, the model folder `isotherms` and `isotherm.png`
into the folder given as argument, or the current one.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import nanonet
from nanonet.curve import Quantity
from nanonet.learn.train import train_gaussian_process
from nanonet.plots.rdf import plot_prediction
from nanonet.space import Input, InputSpace

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
density = np.linspace(0.05, 2.0, 40)


def isotherm(temperature: float) -> NDArray[np.float64]:
    """Reduced pressure (40,) of a van der Waals fluid: P = 8 T rho / (3 - rho) - 3 rho^2."""
    return np.asarray(8.0 * temperature * density / (3.0 - density) - 3.0 * density**2)


space = InputSpace((Input("temperature", "Tc", 1.0, 2.0),))
pressure = Quantity("P", "rho", unit="Pc", x_unit="rho_c", long_name="pressure", x_long_name="density")
temperatures = np.linspace(1.0, 2.0, 11)
noise = 0.02 * np.random.default_rng(0).standard_normal((11, 40))
curves = np.array([isotherm(T) for T in temperatures]) + noise
error = np.full_like(curves, 0.02)

data = nanonet.Dataset.from_arrays(temperatures[:, None], curves, density, error, space, pressure)
data.save(out / "isotherms.nc")
train_gaussian_process(data, out / "isotherms")

model = nanonet.load(out / "isotherms")
curve = model.predict(temperature=1.35)
off = np.sqrt(np.mean((curve.y - isotherm(1.35)) ** 2))
print(f"at T = 1.35: off by {off:.3f}, the noise was 0.02")
plot_prediction(out / "isotherm.png", curve, model.point({"temperature": 1.35}))
