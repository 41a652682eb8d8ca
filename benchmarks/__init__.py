"""Measurements of kyphort, as ratios within one run; no test asserts them."""
