"""Labelled designs, training of the offline judge, benchmarks; not installed with the package."""
