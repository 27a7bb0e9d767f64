"""What to make so that NPs of diameter 3 disperse: compositions by the probability that they do.

Takes 4 seconds. Needs `pip install '.[design]'`. Writes `answers.json` and `answers.png` into the folder given as
argument, or the current one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nanonet
from nanonet.design.inverse import find
from nanonet.design.targets import parse
from nanonet.plots.design import plot_design

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
model = nanonet.load()
design = find(model, parse(["state=dispersion", "neighbours=:2"], model), fixed={"diameter": 3}, count=3)
for answer in design.answers:
    print(f"probability {answer.probability:.2f} ± {answer.error:.2f}  {answer.prediction.point}")
for note in design.notes:
    print(f"note: {note}")

(out / "answers.json").write_text(json.dumps(design.to_json(), indent=1) + "\n", encoding="utf-8")
plot_design(out / "answers.png", design)
