"""Fits the weights of the offline judge; scikit-learn and scipy are needed here alone."""
