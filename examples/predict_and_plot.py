"""Predict g(r) of one composition with its 90 % band, read peaks, neighbours and state off it, and draw it.

Takes 2 seconds. Writes `prediction.csv` and `prediction.png` into the folder given as argument, or the current one.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nanonet
from nanonet.formats.curve_csv import write_curve
from nanonet.plots.rdf import plot_prediction

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
model = nanonet.load()
composition = nanonet.Composition(diameter=3, chain_length=40, density=0.002, eps_nn=0.5, eps_pn=1.0)
found = model.predict_all(composition)
rdf, state, intervals = found.curve, found.state, found.intervals
assert isinstance(rdf, nanonet.RDF)
assert state is not None
assert intervals is not None

print(f"state       {state.most_probable}, probability {state.probabilities[state.most_probable]:.2f}")
for peak in rdf.peaks():
    print(f"peak        g = {peak.height:.2f} at r = {peak.position:.2f}")
print(f"neighbours  {intervals.neighbours:.2f} other NPs within r = {intervals.radius:g}")
nearest = found.support.neighbours[0]
print(f"nearest     {nearest}, simulated")
for warning in found.support.warnings:
    print(f"warning     {warning}")

write_curve(out / "prediction.csv", rdf, f"predicted for {composition}", composition.diameter, composition.density)
plot_prediction(out / "prediction.png", rdf, composition)
