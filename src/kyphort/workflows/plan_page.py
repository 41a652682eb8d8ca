"""The page of a plan: pictures first, then times, doses, limits, robustness and assumptions."""

from collections.abc import Sequence

from kyphort.planning.plan import Plan
from kyphort.planning.robustness import Robustness
from kyphort.planning.summary import biology_rows, distance_rows, metric_rows
from kyphort.reports.document import (
    Block,
    Column,
    Document,
    Figure,
    Paragraph,
    Section,
    Table,
)
from kyphort.reports.numbers import Kind

WARNING = (
    "Research software, not a medical device: nothing here may decide a patient's treatment. Doses "
    "are model-based unless the calibration says otherwise."
)
_TEXT, _DECIMAL, _COUNT, _PERCENT = Kind.TEXT, Kind.DECIMAL, Kind.COUNT, Kind.PERCENT


def plan_document(
    plan: Plan,
    robust: Robustness | None,
    *,
    title: str,
    subtitle: str,
    notes: Sequence[str],
    provenance: Sequence[tuple[str, str]],
) -> Document:
    """Return the page of a plan; figures are named planes, dvh, robust_dvh and tornado."""
    sections = [
        Section("pictures", "Dose in this patient", _pictures(plan)),
        Section("time", "Irradiation time", _times(plan)),
        Section("doses", "Doses of structures", _doses(plan)),
        Section("limits", "Limits", _limits(plan)),
    ]
    if robust is not None:
        sections.append(Section("robustness", "If the needle is off", _robust(plan, robust)))
    sections.append(Section("assumptions", "Assumptions and warnings", _assumptions(plan, notes)))
    return Document(
        title=title,
        subtitle=subtitle,
        warnings=(WARNING,),
        summary=_summary(plan, robust),
        sections=tuple(sections),
        provenance=tuple(provenance),
    )


def _summary(plan: Plan, robust: Robustness | None) -> tuple[tuple[str, str], ...]:
    rows = [(f"{_minutes(plan.irradiation.total_min)}", "irradiation time [min:s]")]
    for row in metric_rows(plan):
        if row.metric == "D90":
            rows.append((f"{row.cavity:.1f} Gy", f"{row.structure} D90, water in medium"))
        if row.metric == "D0.03cc" and row.role == "cord":
            worst = max(row.water, row.medium, row.scenario_high)
            rows.append((f"{worst:.1f} Gy", f"{row.structure} D0.03cc, worst assumption"))
    failed = [one for one in plan.verdicts if not one.passed]
    if plan.verdicts:
        text = "all kept" if not failed else f"{len(failed)} of {len(plan.verdicts)} not kept"
        rows.append((text, "limits"))
    if robust is not None:
        for one in robust.spreads:
            if one.fails is not None and one.metric == "D0.03cc" and one.structure == _cord(plan):
                rows.append((f"{100 * one.fails:.0f} %", "of tip scenarios exceed the cord limit"))
    return tuple(rows)


def _cord(plan: Plan) -> str:
    return next((one.name for one in plan.structures if one.role == "cord"), "")


def _minutes(value: float) -> str:
    seconds = round(value * 60)
    return f"{seconds // 60}:{seconds % 60:02d}"


def _pictures(plan: Plan) -> tuple[Block, ...]:
    caption = (
        "Isodoses in water cavities of the tissue through the isocentre (cross), over the CT; "
        "structures dashed, needles white."
    )
    blocks: list[Block] = [Figure("planes", caption, caption)]
    if plan.structures:
        dvh = (
            "Cumulative dose-volume histograms. Lesion: water cavities of the tissue; organs: dose "
            "to the tissue. Bands: from the lowest to the highest of the tissue scenarios with one "
            "standard error of chance; dashed: in water, as the clinic's table has it."
        )
        blocks.append(Figure("dvh", dvh, dvh))
    return tuple(blocks)


def _times(plan: Plan) -> tuple[Block, ...]:
    prescription = plan.request.prescription
    sentence = (
        f"{prescription.dose_gy:g} Gy at {prescription.distance_mm:g} mm from the "
        f"{str(prescription.distance_reference).replace('_', ' ')} "
        f"({plan.time.from_isocentre_mm:g} mm from the isocentre) in water: "
        f"{plan.time.rate_gy_per_min:.3g} Gy/min, {plan.time.minutes:.2f} min for each stop of "
        "weight 1."
    )
    stops = plan.irradiation.stops
    rows = tuple(
        (label, *(round(float(value), 1) for value in position), float(minutes),
         _minutes(float(minutes)))
        for label, position, minutes in zip(
            stops.labels, stops.positions_mm, plan.irradiation.minutes, strict=True
        )
    )  # fmt: skip
    table = Table(
        "stops", "Stops of the source",
        (Column("Needle"), *(Column(f"{axis} [mm]", Kind.NUMBER) for axis in "xyz"),
         Column("Time [min]", _DECIMAL), Column("Time [min:s]")),
        rows,
    )  # fmt: skip
    distances = Table(
        "distances", f"{prescription.dose_gy:g} Gy at the three usual distances, same needle",
        (Column("From the isocentre [mm]", Kind.NUMBER), Column("Time [min]", _DECIMAL),
         Column("Lesion D90, water in medium [Gy]", _DECIMAL),
         Column("Lesion V100 [%]", _DECIMAL), Column("Cord D0.03cc, worst [Gy]", _DECIMAL),
         Column("Limits not kept", _COUNT)),
        tuple(
            (row.distance_mm, row.minutes, row.lesion_d90_gy, row.lesion_v100_percent,
             row.cord_d003cc_gy, row.limits_failed)
            for row in distance_rows(plan)
        ),
    )  # fmt: skip
    clearances = Table(
        "clearances", "Distances of the needles",
        (Column("Needle"), Column("Structure"), Column("Isocentre to it [mm]", _DECIMAL),
         Column("Needle surface to it [mm]", _DECIMAL), Column("")),
        tuple(
            (one.needle, one.structure, one.isocentre_mm, one.shaft_mm,
             "COLLISION" if one.shaft_mm <= 0 else "")
            for one in plan.clearances
        ),
    )  # fmt: skip
    blocks: list[Block] = [Paragraph(sentence), table, distances]
    if plan.clearances:
        blocks.append(clearances)
    return tuple(blocks)


def _doses(plan: Plan) -> tuple[Block, ...]:
    doses = Table(
        "metrics", "Doses [Gy] and coverage [%]",
        (Column("Structure"), Column("Role"), Column("Volume [cm³]", _DECIMAL), Column("Metric"),
         Column("Water in medium", _DECIMAL), Column("Medium", _DECIMAL),
         Column("Water", _DECIMAL), Column("Scenarios, lowest", _DECIMAL),
         Column("Scenarios, highest", _DECIMAL), Column("1 σ of chance [%]", _DECIMAL)),
        tuple(
            (row.structure, str(row.role).replace("_", " "), row.volume_cm3, row.metric,
             row.cavity, row.medium, row.water, row.scenario_low, row.scenario_high,
             row.chance_percent)
            for row in metric_rows(plan)
        ),
        notes=(
            "Scenarios: bone with 0.8 and 1.2 times the mineral; of water in medium for lesions, "
            "of medium for organs.",
        ),
    )  # fmt: skip
    biology = Table(
        "biology", "Biological doses: assumptions, not measurements",
        (Column("Structure"), Column("Of"), Column("Assumption"), Column("Dose [Gy]", _DECIMAL),
         Column("RBE", _DECIMAL), Column("α/β [Gy]", Kind.NUMBER),
         Column("RBE × dose [Gy]", _DECIMAL), Column("BED [Gy]", _DECIMAL),
         Column("EQD2 [Gy]", _DECIMAL), Column("With earlier [Gy]", _DECIMAL)),
        tuple(
            (row.structure, row.metric, row.assumption, row.dose_gy, row.rbe, row.alpha_beta_gy,
             row.weighted_gy, row.bed_gy, row.eqd2_gy, row.cumulative_eqd2_gy)
            for row in biology_rows(plan)
        ),
        notes=(
            "The linear-quadratic model is used far beyond the doses it was fitted to. Repair "
            "during the irradiation by the Lea-Catcheside factor.",
        ),
    )  # fmt: skip
    return doses, biology


def _limits(plan: Plan) -> tuple[Block, ...]:
    if not plan.verdicts:
        return (Paragraph("No limit could be judged: no structure has a role with a limit."),)
    rows = tuple(
        (
            "kept" if one.passed else "NOT KEPT", one.limit.name, one.structure,
            one.limit.written(), one.worst[1], one.worst[0],
            one.limit.source + ("" if one.limit.verified else " (not verified)"),
        )
        for one in plan.verdicts
    )  # fmt: skip
    table = Table(
        "limits", "Each limit is judged by the worst of water, medium and the tissue scenarios",
        (Column(""), Column("Limit"), Column("Structure"), Column("Criterion"),
         Column("Worst value", _DECIMAL), Column("Under"), Column("Source")),
        rows,
        notes=("The limits are editable starting points, no recommendation.",),
    )  # fmt: skip
    return (table,)


def _robust(plan: Plan, robust: Robustness) -> tuple[Block, ...]:
    choices = plan.request.robustness
    sentence = (
        f"{robust.scenarios} scenarios: tip off by {choices.tip_sigma_mm:g} mm (1 σ on each axis), "
        f"direction by {choices.angle_sigma_deg:g}°, calibration by "
        f"{100 * choices.calibration_sigma:g} %, tissue one of its scenarios."
    )
    if robust.left_image:
        sentence += f" {robust.left_image} more left the calculated region and were not used."
    spreads = Table(
        "spreads", "Over the scenarios",
        (Column("Structure"), Column("Metric"), Column("Limit"), Column("Nominal", _DECIMAL),
         Column("Median", _DECIMAL), Column("5 %", _DECIMAL), Column("95 %", _DECIMAL),
         Column("Limit fails in", _PERCENT)),
        tuple(
            (one.structure, one.metric, one.limit or "—", one.nominal, one.median, one.lower,
             one.upper, one.fails)
            for one in robust.spreads
        ),
        notes=(
            "Lesions in water cavities of the tissue; organs in the worse of water and medium. A "
            "share of 0 of n scenarios still allows about 3/n.",
        ),
    )  # fmt: skip
    blocks: list[Block] = [Paragraph(sentence)]
    caption = "Histograms with the 5th and 95th percentile of the scenarios."
    blocks.append(Figure("robust_dvh", caption, caption))
    levers = "What each thing alone does when it is one standard deviation off; widest on top."
    blocks.append(Figure("tornado", levers, levers))
    blocks.append(spreads)
    if robust.recalculations:
        blocks.append(Table(
            "recalculated", "Scenarios computed in full, beside the fast way",
            (Column("Scenario", _COUNT), Column("Tip off by [mm]", _DECIMAL), Column("Metric"),
             Column("Fast [Gy]", _DECIMAL), Column("In full [Gy]", _DECIMAL),
             Column("Difference [%]", _DECIMAL)),
            tuple(
                (one.scenario, one.shift_mm, one.metric, one.fast, one.full,
                 one.difference_percent)
                for one in robust.recalculations
            ),
        ))  # fmt: skip
    return tuple(blocks)


def _assumptions(plan: Plan, notes: Sequence[str]) -> tuple[Block, ...]:
    reached = ", ".join(f"{100 * value:.2f} % ({name})" for name, value in plan.reached.items())
    fixed = (
        f"Uncertainty of chance reached, root mean square of 1 σ: {reached}, with "
        f"{plan.model.field.histories:.2g} histories. Absolute doses are limited by the "
        "calibration (10 to 15 %).",
        "Dose is collision kerma. Primary photons are traced to each point; scatter comes from "
        "Monte Carlo in 2-mm voxels, smoothed.",
        "RBE, α/β and repair are assumptions: 1.1 to 1.5 in the literature for RBE, not verified.",
    )
    return tuple(Paragraph(text, "note") for text in (*plan.notes, *notes, *fixed))
