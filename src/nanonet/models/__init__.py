"""Fitted models: inputs (n, p) -> curves (n, m), bands and samples.

In: the arrays of a fit, or a model folder (`load`). Out: a `base.CurveModel`, which answers with arrays and depends
neither on what its inputs mean nor on what its curves are; what physics it starts from comes as a `base.PriorMean`.
Needs NumPy, for nanoNET's folders also ONNX Runtime; what fits models is in `learn`.
"""
