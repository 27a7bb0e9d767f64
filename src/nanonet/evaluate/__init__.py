"""Fit on a split, score, keep: what is said of any model, measured the same way.

In: a maker of models with `fit(X, G, r)` and `predict(X)`, and curves. Out: splits, predictions by models that have not
seen the curves, errors beside those of trivial baselines, and results that are kept under a fingerprint of data, code
and settings. Needs NumPy.
"""
