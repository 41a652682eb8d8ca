"""Survival estimators against other packages: every peer in a pinned environment of its own."""
