"""Kypho-IORT from the needle to the ten-year curve. Research software, not a medical device."""

__version__ = "0.1.0"
