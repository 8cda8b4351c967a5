"""The offline judge: learned heads and cue phrases, no network, deterministic."""
