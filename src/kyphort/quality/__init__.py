"""Data quality: rules about a cohort, and the queries that follow from them."""

from kyphort.quality.check import QualityReport, RuleCount, all_rules, check_quality
from kyphort.quality.filled import FieldFilled, fields_filled
from kyphort.quality.queries import Query, QueryAction, QueryEvent, QueryState
from kyphort.quality.query_log import QueryLog
from kyphort.quality.rule import Found, QualityFinding, Rule, Severity

__all__ = [
    "FieldFilled",
    "Found",
    "QualityFinding",
    "QualityReport",
    "Query",
    "QueryAction",
    "QueryEvent",
    "QueryLog",
    "QueryState",
    "Rule",
    "RuleCount",
    "Severity",
    "all_rules",
    "check_quality",
    "fields_filled",
]
