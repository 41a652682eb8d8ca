"""Every outside format: one module or package for each."""
