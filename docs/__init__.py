"""Pages about nanonet: written ones here, made ones in `results`, what makes them in `make` and `templates`."""
