"""Many runs: what to simulate, in which order, where, and when it is enough.

What enters are a design and a protocol; what leaves are a workspace of run folders, of which each resumes where it was
cut off, and the files of results. It needs the extra `sim`, and `cluster` for other machines than this one.
"""
