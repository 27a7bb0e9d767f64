"""The paper's machine-learning half on our own data: its figures and studies, in one report.

In: the explicit and the implicit dataset, kept run folders for snapshots, and a budget of fits. Out: a folder with an
HTML page, its figures and numbers; each fit is kept, so that a report resumes. Needs the extra `learn`.
"""
