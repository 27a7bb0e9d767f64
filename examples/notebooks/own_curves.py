# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Your own curves in a model
#
# Curves of anything over anything: here S(q) of hard spheres at several packing fractions, by the Percus-Yevick
# equation with noise, in place of what you have measured. Dataset, training, evaluation, prediction. Ten seconds; needs
# `pip install '.[learn]'`.

# %%
import tempfile
from pathlib import Path

import numpy as np

import nanonet
from nanonet.curve import Quantity
from nanonet.learn.evaluate import evaluate
from nanonet.learn.train import train_gaussian_process
from nanonet.space import Input, InputSpace
from nanonet.structure_factor import percus_yevick

folder = Path(tempfile.mkdtemp())

# %% [markdown]
# ## Dataset
# Inputs have a name, a unit and limits; so has what the curves are of. Errors are standard errors.

# %%
space = InputSpace((Input("packing", low=0.0, high=0.5),))
quantity = Quantity(
    "S", "q", long_name="structure factor", x_long_name="wave number", x_unit="1/diameter", low=0, limit=1
)
q = np.linspace(0.5, 15.0, 30)
packings = np.linspace(0.05, 0.45, 7)
exact = np.array([percus_yevick(q, one).s for one in packings])
error = 0.02 * exact
measured = exact + error * np.random.default_rng(1).standard_normal(exact.shape)

data = nanonet.Dataset.from_arrays(packings[:, None], measured, q, error, space, quantity)
data.save(folder / "spheres.nc")
data.plot()
# %% [markdown]
# ## Train
# A Gaussian process; no curve is predicted by a model that has seen it, in the scores that come with it.

# %%
_, scores = train_gaussian_process(data, folder / "spheres")
scores

# %% [markdown]
# ## Evaluate
# Is that better than the mean curve, or the curve of the nearest input? And would more curves help?

# %%
found = evaluate(data)
print(found.measure, found.model, found.baselines)
found.learning_curve

# %% [markdown]
# ## Predict
# At a packing fraction that was not measured, beside the exact curve.

# %%
model = nanonet.load(folder / "spheres")
curve = model.predict(packing=0.37)
ax = curve.plot(label="predicted")
ax.plot(q, percus_yevick(q, 0.37).s, "k--", lw=1, label="exact")
ax.legend()

# %%
off = float(np.sqrt(np.mean(np.log(curve.y / percus_yevick(q, 0.37).s) ** 2)))
print(f"ln S is off by {off:.3f}, the noise was 0.02")
