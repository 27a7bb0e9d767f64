"""Inputs and curves -> a fitted model, and its folder.

In: arrays X (n, p), curves (n, m) on a grid (m,), their standard errors, what quantity they are of; or a `Dataset`
(`train`). Out: scikit-learn estimators (`gaussian_process.GaussianProcess`, `nanonet.NanoNet`), and model folders that
`models` reads, with scores on curves left out. Needs the extra `learn` (scikit-learn, SciPy; torch for nanoNET).
"""
