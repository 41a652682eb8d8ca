"""The kyphort data set: a folder of four CSV files and one description."""

from kyphort.exchange.csv_set.reader import read_csv_set

__all__ = ["read_csv_set"]
