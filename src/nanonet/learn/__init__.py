"""Dataset -> model folder: the paper's nanoNET, on plain arrays."""
