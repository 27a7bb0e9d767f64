"""Files of ours, one module a format: bytes <-> values.

In: a value, or a path or bytes that may be damaged. Out: a file, whole or not at all, or the value; `InputError` names
the file, the entry and what is allowed. Needs NumPy.
"""
