"""zoo_spectra: spectral equivalence classes of artificial and biological networks."""
