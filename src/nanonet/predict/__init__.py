"""Model folder -> RDF, with NumPy and ONNX Runtime alone."""
