"""Scoring judges against labelled designs."""
