"""Simulate five compositions with LAMMPS, measure their g(r), and train a model on them: the whole way, at toy length.

The melts have some 7,000 beads and run for 5 tau, far from equilibrium: the files are those of real runs, the numbers
mean nothing. For real ones take `preset("standard")`, 20 minutes of one core each.

Takes a minute. Needs `pip install '.[sim,learn]'`. Writes run folders `run0` to `run4`, the dataset `mine.nc` and the
model folder `my-model` into the folder given as argument, or the current one.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import nanonet
from nanonet.analyze.runs import analyze
from nanonet.learn.train import train_gaussian_process
from nanonet.protocol import preset
from nanonet.simulate import engine

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
out.mkdir(parents=True, exist_ok=True)
toy = replace(preset("smoke"), name="toy", equilibration_steps=300, production_steps=200, min_box=20.5)
folders = []
for i, eps_pn in enumerate((0.2, 0.4, 0.6, 0.9, 1.2)):
    composition = nanonet.Composition(diameter=3, chain_length=25, density=0.002, eps_nn=0.5, eps_pn=eps_pn)
    engine.run(composition, toy, out / f"run{i}")  # resumes, or returns at once, where it was
    folders.append(out / f"run{i}")

data = analyze(folders)
data.save(out / "mine.nc")
print(data)
verdict = data.provenance[0].convergence
print("converged" if verdict is not None and verdict.converged else "not converged, as toy runs are")

_, scores = train_gaussian_process(data, out / "my-model")
print(f"left out, ln g is off by {scores['ln_rmse']:.2f}")
model = nanonet.load(out / "my-model")
rdf = model.predict([3, 25, float(data.X[:, 2].mean()), 0.5, 0.7])  # the density is an outcome: that of these runs
print(f"predicted at eps_pn = 0.7: g reaches {rdf.g.max():.1f}")
