"""Bytes <-> plain values: each format of a file has its one home here, its names, its writer and its reader.

What enters are arrays, typed records and curves, or the files of others, which may be damaged or hostile; what leaves
are files that are whole or not there, or the same values, or one `InputError` that names file, entry and what is
allowed. It needs the default install only, and imports no room above it.
"""
