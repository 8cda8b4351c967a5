"""Labelled designs, training of the offline judge, benchmarks; not part of the installed package."""
