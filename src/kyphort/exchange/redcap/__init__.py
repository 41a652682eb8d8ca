"""REDCap: data dictionary, exports and a live project, in and out."""

from kyphort.exchange.redcap.dictionary import (
    DataDictionary,
    DictionaryField,
    dictionary_text,
    read_dictionary,
)
from kyphort.exchange.redcap.export import redcap_files
from kyphort.exchange.redcap.exports import read_exports
from kyphort.exchange.redcap.instruments import project_dictionary
from kyphort.exchange.redcap.repetition import Repetition, read_repetition

__all__ = [
    "DataDictionary",
    "DictionaryField",
    "Repetition",
    "dictionary_text",
    "project_dictionary",
    "read_dictionary",
    "read_exports",
    "read_repetition",
    "redcap_files",
]
