"""What can be simulated: each kind of system has one file with its particles and forces.

What enters are a composition, umbrella windows or a potential, and a protocol; what leaves are a starting configuration
and a force field, which `simulate` writes for LAMMPS without knowing the kind, and plain parameters, from which a run
has its identity. It needs NumPy, and SciPy for tables.
"""
