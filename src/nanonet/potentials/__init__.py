"""Potentials between two NPs: the direct one, the polymer-mediated one, and g(r) from both without a simulation.

In: mean forces on pairs of NPs, or a table of W_poly over compositions. Out: W(r) = U_nn + W_poly in kT, its dilute
limit g0 = exp(-W), which models take as their prior mean, and g at a density by an integral equation. Needs NumPy.
"""
