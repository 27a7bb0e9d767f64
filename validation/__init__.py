"""Reference cases of the model, what they gave, and labels given by hand."""
