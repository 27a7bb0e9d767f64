"""The command line: options -> calls of the package -> text, JSON and files.

In: options and arguments, those of a composition's inputs made from their declaration. Out: what the package answers,
printed, and an exit status: 2 with one message for what the user can mend. Needs the default install; commands name the
extra that they need. Nothing is computed here.
"""
