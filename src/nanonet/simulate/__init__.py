"""System -> NP trajectory, with LAMMPS.

What enters are a system (`nanonet.systems`), or a composition, a protocol and a folder; what leaves is that folder with
its record and the trajectory of its NPs (GSD). It needs the extra `sim` (LAMMPS, gsd), and a C++ compiler to be fast.
"""
