"""The judge protocol and its implementations."""
