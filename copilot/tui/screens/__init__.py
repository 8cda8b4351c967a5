"""The screens: one module each, which owns layout and events and nothing else."""
