"""The Methods and Results sentences, filled in from the results object."""

from collections.abc import Callable, Iterator

from kyphort.reports.facts import Facts, Undetermined
from kyphort.reports.results import Results

_LANDMARKS = ("6", "12", "24", "36", "48", "60")


def methods(results: Results) -> tuple[str, ...]:
    """Return the Methods paragraphs."""
    facts = Facts(results)
    given = results.treatment
    dose = f"{given.dose_gy_minimum:g}" + (
        "" if given.dose_gy_minimum == given.dose_gy_maximum else f"–{given.dose_gy_maximum:g}"
    )
    distances = _either([f"{distance:g}" for distance in given.distances_mm])
    return (
        f"Between {given.first_year} and {given.last_year}, {facts.count('counts.patients')} "
        f"patients had {facts.count('counts.vertebrae')} vertebrae treated by kyphoplasty with "
        f"intraoperative 50-kV irradiation; {dose} Gy were prescribed at {distances} mm. No "
        f"patient had more than {given.maximum_levels} levels treated.",
        f"Local control: {_lowered(results.endpoint_rows['local_control'].definition)} "
        "Overall survival: "
        f"{_lowered(results.endpoint_rows['overall_survival'].definition)} A month has 30.4375 "
        "days; what happens on the day of the procedure counts at half a day.",
        "Curves are Kaplan–Meier estimates with 95% limits on the log-log scale; the number at "
        "risk at a time counts units observed to that time or beyond. Thoracic and lumbar levels "
        "are compared by the log-rank test. Proportions have exact (Clopper–Pearson) limits. "
        "Vertebrae of one patient are not independent and death precludes recurrence: "
        "cluster-robust limits and the cumulative incidence with death competing "
        "(Aalen–Johansen) therefore stand beside the simple estimates.",
    )


def findings(results: Results) -> tuple[str, ...]:
    """Return the Results paragraphs; what the print leaves open is left out."""
    facts = Facts(results)
    writers: tuple[Callable[[Facts, Results], str], ...] = (
        _who,
        _distances,
        _recurrences,
        _local_control,
        _regions,
        _entities,
        _survival,
        _safety,
    )
    return tuple(_sentences(writers, facts, results))


def _sentences(
    writers: tuple[Callable[[Facts, Results], str], ...], facts: Facts, results: Results
) -> Iterator[str]:
    for write in writers:
        try:
            yield write(facts, results)
        except Undetermined:
            continue


def _who(facts: Facts, _: Results) -> str:
    return (
        f"Of {facts.count('counts.vertebrae')} treated vertebrae, "
        f"{facts.count('counts.thoracic')} were thoracic, {facts.count('counts.lumbar')} lumbar "
        f"and {facts.count('counts.sacral')} sacral. {facts.count('counts.single_level')} patients "
        f"had one level treated, {facts.count('counts.two_level')} two and "
        f"{facts.count('counts.three_level')} three. The median age was "
        f"{facts.count('age_years.median')} years (range {facts.count('age_years.minimum')}–"
        f"{facts.count('age_years.maximum')}); {facts.count('counts.female')} patients were women "
        f"({facts.percent('shares.female')}) and {facts.count('counts.male')} men "
        f"({facts.percent('shares.male')})."
    )


def _distances(facts: Facts, results: Results) -> str:
    parts = [
        f"{distance} mm in {facts.count(f'by_distance_mm.{distance}.vertebrae')} vertebrae "
        f"({facts.percent(f'by_distance_mm.{distance}.share_of_vertebrae')})"
        for distance in results.by_distance_mm
    ]
    return f"The prescription distance was {_listed(parts)}."


def _recurrences(facts: Facts, results: Results) -> str:
    by_distance = [
        f"{facts.count(f'by_distance_mm.{distance}.recurrences')}/"
        f"{facts.count(f'by_distance_mm.{distance}.vertebrae')} at {distance} mm"
        f" ({facts.percent(f'by_distance_mm.{distance}.proportion')}, exact limits "
        f"{facts.percent(f'by_distance_mm.{distance}.lower')} to "
        f"{facts.percent(f'by_distance_mm.{distance}.upper')})"
        for distance in results.by_distance_mm
    ]
    return (
        f"Over a median observed time of {facts.months('follow_up_months.median')} months (range "
        f"{facts.months('follow_up_months.minimum')}–{facts.months('follow_up_months.maximum')}), "
        f"{facts.count('counts.recurrences')} vertebrae in "
        f"{facts.count('counts.patients_with_recurrence')} patients recurred, after a median of "
        f"{facts.months('time_to_recurrence_months.median')} months (range "
        f"{facts.months('time_to_recurrence_months.minimum')}–"
        f"{facts.months('time_to_recurrence_months.maximum')}): {_listed(by_distance)}."
    )


def _local_control(facts: Facts, _: Results) -> str:
    parts = [
        f"{facts.percent(f'local_control.all.{time}.estimate')} at {time} months"
        + facts.limits(f"local_control.all.{time}")
        for time in _LANDMARKS
    ]
    return f"Local control was {_listed(parts)}."


def _regions(facts: Facts, _: Results) -> str:
    at_60 = [
        f"{facts.percent(f'local_control.{region}.60.estimate')} in the {region} spine"
        + facts.limits(f"local_control.{region}.60")
        for region in ("thoracic", "lumbar")
    ]
    return (
        f"At 60 months it was {_listed(at_60)}; log-rank p = "
        f"{facts.p_value('logrank_thoracic_lumbar.p_value')}. The comparison rests on "
        f"{facts.count('counts.recurrences')} recurrences and is no evidence that the regions are "
        "alike."
    )


def _entities(facts: Facts, _: Results) -> str:
    ours, others = "breast_prostate.breast_or_prostate", "breast_prostate.others"
    return (
        f"{facts.count(f'{ours}.recurrences')} of {facts.count(f'{ours}.vertebrae')} vertebrae "
        f"with breast or prostate cancer recurred ({facts.percent(f'{ours}.proportion')}, exact "
        f"limits {facts.percent(f'{ours}.lower')} to {facts.percent(f'{ours}.upper')}), and "
        f"{facts.count(f'{others}.recurrences')} of {facts.count(f'{others}.vertebrae')} with "
        f"another entity ({facts.percent(f'{others}.proportion')}, "
        f"{facts.percent(f'{others}.lower')} to {facts.percent(f'{others}.upper')}; Fisher's exact "
        f"p = {facts.p_value('breast_prostate.fisher_p_value')}). Counts ignore that follow-up "
        "differs between entities."
    )


def _survival(facts: Facts, _: Results) -> str:
    parts = [
        f"{facts.percent(f'overall_survival.{time}.estimate')} at {time} months"
        + facts.limits(f"overall_survival.{time}")
        for time in _LANDMARKS
    ]
    return f"{facts.count('counts.deaths')} patients died; overall survival was {_listed(parts)}."


def _safety(facts: Facts, results: Results) -> str:
    serious = facts.count("safety.serious_adverse_events")
    named = f" ({', '.join(results.safety.serious_terms)})" if serious else ""
    deaths = "safety.procedure_related_deaths"
    fractures = facts.count("safety.vertebral_compression_fractures")
    return (
        f"There {'was' if serious == 1 else 'were'} {serious} serious adverse "
        f"event{'' if serious == 1 else 's'}{named}, {fractures} compression "
        f"fracture{'' if fractures == 1 else 's'} of a treated vertebra and "
        f"{facts.count('safety.adjacent_fractures')} of a neighbour. "
        f"{facts.count(f'{deaths}.events')} of {facts.count(f'{deaths}.n')} patients died of the "
        f"procedure; the upper exact 95% limit is {facts.percent(f'{deaths}.upper')}."
    )


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _either(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"
