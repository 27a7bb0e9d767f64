"""A composition -> its RDF, and what the answer rests on.

In: a model folder (`predictor.load`) and a composition, or arrays of many. Out: a `prediction.Prediction` (g(r) with
its band, intervals of what is read off it, state of the NPs, nearest training data), arrays, or a `phase_map.PhaseMap`.
Needs the default install.
"""
