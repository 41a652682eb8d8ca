"""Seconds per verified cohort, per check and for Guyot's algorithm."""
