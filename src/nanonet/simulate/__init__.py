"""Composition -> NP trajectory: the coarse-grained model, simulated with LAMMPS under NPT."""
