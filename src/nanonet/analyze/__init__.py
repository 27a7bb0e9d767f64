"""NP trajectory -> measured density and RDF with error bars."""
