"""Values -> figures: a PNG, PDF or SVG file each, written whole or not at all.

In: RDFs, potentials, states, maps, arrays of the report. Out: files, or marks on axes of one's own. Needs Matplotlib.
"""
