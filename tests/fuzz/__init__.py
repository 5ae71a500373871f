"""Inputs that nobody wrote, and what every answer to them must keep: `python -m tests.fuzz --inputs 100000 --seed 7`."""
