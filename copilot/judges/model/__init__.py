"""The model judge: a language model behind the Judge protocol, its answers checked in code."""
