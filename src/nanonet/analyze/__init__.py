"""Run folders -> a dataset, and mean forces -> the polymer-mediated potential.

What enters are finished run folders, or trajectories of NPs; what leaves are densities and g(r) with error bars and a
verdict on convergence, as a `Dataset`, or the potential with its covariance. It needs the extra `sim` (freud, gsd).
"""
