"""The paper's machine-learning half on our own data: its figures and studies, in one report."""
