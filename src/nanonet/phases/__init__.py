"""The state of the NPs from g(r): contact aggregation, bridging or dispersion, with probabilities.

In: an RDF with its errors or band, or equally likely curves, and the NP diameter. Out: a `state.PhaseClassification`:
state, probabilities, extrema of the potential of mean force, caveats. Needs NumPy.
"""
