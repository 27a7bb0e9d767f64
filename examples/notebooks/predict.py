# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # From five numbers to g(r)
#
# What nanonet predicts for one composition, how sure it is, which state the nanoparticles (NPs) are in, and what all
# that rests on. Ten seconds; needs the default install. Lengths are in beads (sigma), energies in epsilon.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nanonet

model = nanonet.load()
model

# %% [markdown]
# ## The curve and its band
# The five numbers are the NP diameter, the beads of a chain, the NPs a volume and the two attractions.

# %%
composition = nanonet.Composition(diameter=3, chain_length=40, density=0.002, eps_nn=0.5, eps_pn=1.0)
rdf = model.predict(composition)
ax = rdf.plot()
ax.set_title(str(composition))
rdf.first_peak

# %% [markdown]
# Nine of ten simulations of new compositions should lie within the band, bin for bin. Peaks and neighbours have
# intervals of their own, read off curves that the model holds equally likely:

# %%
intervals = model.intervals(composition)
intervals.coordination_number

# %% [markdown]
# ## The state of the NPs
# In contact, bridged by polymer, or dispersed, each with a probability.

# %%
found = model.predict_all(composition)
found.state.probabilities

# %% [markdown]
# ## What it rests on
# The nearest simulated compositions, and reasons not to trust the prediction. Here there are none; far from the data
# there are.

# %%
for neighbour, distance in zip(found.support.neighbours, found.support.distances, strict=True):
    print(f"{distance:.2f}  {neighbour}")
found.support.warnings

# %%
far = nanonet.Composition(diameter=3, chain_length=40, density=0.002, eps_nn=0.5, eps_pn=4.0)
model.support(far).warnings

# %% [markdown]
# ## Against simulation
# The simulated composition nearest to ours, with its standard error, and the prediction for just that composition. The
# model has seen this run: `docs/predictor.md` tells how large the errors are for those that it has not seen.

# %%
data = nanonet.Dataset.shipped()
span = np.ptp(data.X, axis=0)
i = int(np.argmin(np.linalg.norm((data.X - composition.values) / span, axis=1)))
simulated, again = data.rdfs[i], model.predict(data.compositions[i])
ax = simulated.plot(label="simulated")
again.plot(ax, label="predicted")
ax.legend()
plt.show()

# %%
inside = (again.low <= simulated.g + simulated.error) & (simulated.g - simulated.error <= again.high)
print(f"{inside.mean():.0%} of the bins lie within band and error")
