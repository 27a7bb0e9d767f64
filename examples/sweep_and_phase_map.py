"""How g(r) changes with the polymer-NP attraction, and which state NPs are in over two attractions.

Takes 4 seconds. Writes `sweep.nc`, `sweep.png`, `map.csv` and `map.png` into the folder given as argument, or the
current one.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import nanonet
from nanonet.phases.state import Criteria
from nanonet.plots.phases import draw_map
from nanonet.plots.sweep import plot_sweep
from nanonet.predict.phase_map import compute_map, write_map
from nanonet.predict.sweep import sweep

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
model = nanonet.load()
held = {"diameter": 3.0, "chain_length": 40.0, "density": 0.002}

found = sweep(model, {"eps_pn": np.linspace(0.1, 1.5, 15)}, {**held, "eps_nn": 0.5})
found.write(out / "sweep.nc")
plot_sweep(out / "sweep.png", found)
for eps_pn, height in zip(found.axes["eps_pn"], found.columns["peak_height"], strict=True):
    print(f"eps_pn {eps_pn:.1f}  first peak {height:6.2f}")

criteria = Criteria()
states = compute_map(model, ("eps_pn", "eps_nn"), held, (None, None), 21, criteria, samples=200)
write_map(out / "map.csv", states, criteria)
draw_map(out / "map.png", states, [], criteria)
