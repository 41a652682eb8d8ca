"""The dose engine: speed beside the same algorithm in C, and the validation page."""
