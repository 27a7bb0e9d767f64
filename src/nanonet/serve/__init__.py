"""The faces: command line and plots."""
