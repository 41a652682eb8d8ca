"""Tables of what a conclusion rests on: decisions, overdue scans, readers, gaps, doubts."""

from kyphort.reports.cells import AT_RISK_NOTE, cell, estimate_cells, open_note, with_limits
from kyphort.reports.clock import clock_of
from kyphort.reports.document import Column, Table
from kyphort.reports.numbers import ABSENT, Kind, percent
from kyphort.reports.results import Results


def sensitivity(results: Results) -> Table:
    """Show local control under other decisions, one changed at a time."""
    clock = clock_of(results)
    return Table(
        "sensitivity",
        "What local control rests on: each row changes one decision of the study. Estimates with "
        "95% limits. Only the interval-censored row knows that a recurrence seen at a scan began "
        "before it; a scan that was never made no row can replace.",
        (
            Column("Reading"),
            Column("Changed"),
            Column("Recurrences", Kind.COUNT),
            *(Column(clock.text(time)) for time in results.study.landmarks_months),
        ),
        (
            *(
                (one.label, one.changed, one.events, *map(with_limits, one.landmarks))
                for one in results.sensitivity
            ),
            (
                "Share of vertebrae in follow-up whose last due scan is missing",
                ABSENT,
                None,
                *(percent(one.share) for one in results.overdue_scans),
            ),
        ),
        (AT_RISK_NOTE, *_invented_note(results)),
    )


def between_scans(results: Results) -> Table:
    """Show local control when recurrence is only known to lie between two scans."""
    name = "interval_censored_local_control"
    return Table(
        name,
        "Local control when a recurrence is known only to lie between the last scan without and "
        "the first with it (nonparametric maximum likelihood), beside Kaplan–Meier, which dates it "
        "at the scan that showed it.",
        (
            Column(clock_of(results).title, Kind.NUMBER),
            Column("Kaplan–Meier", Kind.PERCENT),
            Column("Interval-censored", Kind.PERCENT),
            Column("95% lower", Kind.PERCENT),
            Column("95% upper", Kind.PERCENT),
            Column("As low as", Kind.PERCENT),
            Column("Seen free then or later", Kind.COUNT),
        ),
        tuple(
            (
                clock_of(results).shown(one.time_months),
                cell(results, f"{name}.{one.time_months:g}.kaplan_meier", one.kaplan_meier),
                *estimate_cells(results, name, one),
                cell(results, f"{name}.{one.time_months:g}.lowest", one.lowest),
                cell(results, f"{name}.{one.time_months:g}.at_risk", one.at_risk),
            )
            for one in results.interval_censored_local_control
        ),
        (
            "Limits draw whole patients again. Between two scans the curve may fall anywhere: “as "
            "low as” is where it stands if every recurrence of that stretch came at its beginning.",
            *_invented_note(results),
            *open_note(results),
        ),
    )


def overdue_scans(results: Results) -> Table:
    """Show how many vertebrae in follow-up had no scan since the last one was due."""
    return Table(
        "overdue_scans",
        "Scans overdue: vertebrae whose patient is in contact and that have not recurred, and of "
        "these the vertebrae that were not assessed when their last scan was due.",
        (
            Column(clock_of(results).title, Kind.NUMBER),
            Column("Followed", Kind.COUNT),
            Column("Overdue", Kind.COUNT),
            Column("Share overdue", Kind.PERCENT),
        ),
        tuple(
            (clock_of(results).shown(one.time_months), one.followed, one.overdue, one.share)
            for one in results.overdue_scans
        ),
        _invented_note(results),
    )


def _invented_note(results: Results) -> tuple[str, ...]:
    if not results.comparison or not results.provenance.synthetic:
        return ()
    return (
        "The scans of this reconstructed cohort are invented: what rests on them says nothing of "
        "the publication.",
    )


def readers(results: Results) -> Table:
    """Show agreement between readers at each site."""
    return Table(
        "readers",
        "Agreement of two or more readers of one scan, by site. A disagreement counts as "
        "indeterminate until it is adjudicated.",
        (
            Column("Site"),
            Column("Compared", Kind.COUNT),
            Column("Agreeing", Kind.COUNT),
            Column("Agreement", Kind.PERCENT),
            Column("95% lower", Kind.PERCENT),
            Column("95% upper", Kind.PERCENT),
            Column("Adjudicated", Kind.COUNT),
            Column("Unresolved", Kind.COUNT),
        ),
        tuple(
            (
                one.site,
                one.compared,
                one.agreeing,
                one.proportion,
                one.lower,
                one.upper,
                one.adjudicated,
                one.unresolved,
            )
            for one in results.readers
        ),
    )


def readings(results: Results) -> Table:
    """List the levels that readers saw differently."""
    return Table(
        "readings",
        "Levels that readers saw differently.",
        (
            Column("Patient"),
            Column("Date"),
            Column("Level"),
            Column("Site"),
            Column("Readings"),
            Column("Adjudicated"),
        ),
        tuple(
            (one.patient_id, one.date, one.level, one.site, one.readings, one.adjudicated)
            for one in results.readings
        ),
        folded=True,
    )


def missing(results: Results) -> Table:
    """Say what could not be estimated, and why."""
    return Table(
        "not_estimated",
        "What this cohort cannot show, and why.",
        (Column("Quantity"), Column("Why")),
        tuple((one.what, one.why) for one in results.missing),
    )


def data_findings(results: Results) -> Table:
    """List the doubts about the data that did not stop the analysis."""
    return Table(
        "data_findings",
        "Doubts about the data that did not stop the analysis.",
        (Column("Severity"), Column("Place"), Column("Rule"), Column("Finding")),
        tuple((one.severity, one.place, one.rule, one.message) for one in results.data_findings),
        folded=len(results.data_findings) > 10,
    )
