"""A model -> decisions: what to make, what to simulate next, which inputs matter.

In: a `predict.predictor.Predictor` and what is wanted (`targets`), or a campaign's folder. Out: points of the model's
inputs ranked by the probability that they meet the targets (`inverse`), batches of compositions to simulate
(`suggest`), and each input's share of what varies (`sensitivity`). Needs SciPy.
"""
