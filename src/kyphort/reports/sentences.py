"""The Methods and Results sentences, filled in from the results object."""

from collections.abc import Callable, Iterator

from kyphort.errors import InvalidDataError
from kyphort.reports.clock import clock_of
from kyphort.reports.facts import Facts, Undetermined
from kyphort.reports.results import Results
from kyphort.wording import counted

_UNITS = {"distance_mm": " mm", "dose_gy": " Gy"}
"""What follows the value of a variable in a sentence."""


def methods(results: Results) -> tuple[str, ...]:
    """Return the Methods paragraphs."""
    facts = Facts(results)
    given = results.treatment
    dose = f"{given.dose_gy_minimum:g}" + (
        "" if given.dose_gy_minimum == given.dose_gy_maximum else f"–{given.dose_gy_maximum:g}"
    )
    distances = _either([f"{distance:g}" for distance in given.distances_mm])
    return (
        f"Between {given.first_year} and {given.last_year}, "
        f"{counted(facts.count('counts.patients'), 'patient')} had "
        f"{_vertebrae(facts.count('counts.vertebrae'))} treated by kyphoplasty with "
        f"intraoperative 50-kV irradiation; {dose} Gy were prescribed at {distances} mm. No "
        f"patient had more than {given.maximum_levels} levels treated.",
        f"Local control: {_lowered(results.endpoint_rows['local_control'].definition)} "
        "Overall survival: "
        f"{_lowered(results.endpoint_rows['overall_survival'].definition)} A month has 30.4375 "
        "days; what happens on the day of the procedure counts at half a day.",
        "Curves are Kaplan–Meier estimates with 95% limits on the log-log scale; the number at "
        "risk at a time counts units observed to that time or beyond. Groups are compared by "
        "the log-rank test and, as counts, by Fisher's exact test. Proportions have exact "
        "(Clopper–Pearson) limits. "
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
        *(_comparing(name) for name in results.comparisons),
        _survival,
        _safety,
    )
    return tuple(text for text in _sentences(writers, facts, results) if text)


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
        f"and {facts.count('counts.sacral')} sacral. "
        f"{counted(facts.count('counts.single_level'), 'patient')} had one level treated, "
        f"{facts.count('counts.two_level')} two and "
        f"{facts.count('counts.three_level')} three. The median age was "
        f"{facts.number('age_years.median')} years (range {facts.number('age_years.minimum')}–"
        f"{facts.number('age_years.maximum')}); {facts.count('counts.female')} patients were women "
        f"({facts.percent('shares.female')}) and {facts.count('counts.male')} men "
        f"({facts.percent('shares.male')})."
    )


def _distances(facts: Facts, results: Results) -> str:
    parts = [
        f"{distance} mm in {_vertebrae(facts.count(f'by_distance_mm.{distance}.vertebrae'))} "
        f"({facts.percent(f'by_distance_mm.{distance}.share_of_vertebrae')})"
        for distance in results.by_distance_mm
    ]
    return f"The prescription distance was {_listed(parts)}."


def _recurrences(facts: Facts, results: Results) -> str:
    observed = (
        f"Over a median observed time of {facts.months('follow_up_months.median')} months (range "
        f"{facts.months('follow_up_months.minimum')}–{facts.months('follow_up_months.maximum')}), "
    )
    if not results.local_control_is_known:
        return f"{observed}nobody looked for recurrence: the data hold no visits."
    if not facts.count("counts.recurrences"):
        treated = _vertebrae(facts.count("counts.vertebrae"))
        return f"{observed}no recurrence was recorded in {treated}."
    recurred = _vertebrae(facts.count("counts.recurrences"))
    of = counted(facts.count("counts.patients_with_recurrence"), "patient")
    time = "time_to_recurrence_months"
    return (
        f"{observed}{recurred} in {of} recurred, after a median of "
        f"{facts.months(f'{time}.median')} months (range {facts.months(f'{time}.minimum')}–"
        f"{facts.months(f'{time}.maximum')})."
    )


def _share(facts: Facts, path: str) -> str:
    return (
        f"{facts.count(f'{path}.recurrences')}/{facts.count(f'{path}.vertebrae')} "
        f"({facts.percent(f'{path}.proportion')}, exact limits {facts.percent(f'{path}.lower')} to "
        f"{facts.percent(f'{path}.upper')})"
    )


def _local_control(facts: Facts, results: Results) -> str:
    return f"Local control was {_listed(_landmarks(facts, results, 'local_control.all'))}."


def _landmarks(facts: Facts, results: Results, path: str) -> list[str]:
    """Write the estimates at the landmarks that the curve reaches."""
    clock, parts = clock_of(results), []
    for time in results.study.landmarks_months:
        at = f"{path}.{time:g}"
        try:
            estimate = facts.percent(f"{at}.estimate")
        except Undetermined:
            continue
        parts.append(f"{estimate} at {clock.text(time)}{facts.limits(at)}")
    if not parts:
        raise Undetermined(path)
    return parts


def _regions(facts: Facts, results: Results) -> str:
    last = f"{results.study.landmarks_months[-1]:g}"
    at_last = [
        f"{facts.percent(f'local_control.{region}.{last}.estimate')} in the {region} spine"
        + facts.limits(f"local_control.{region}.{last}")
        for region in ("thoracic", "lumbar")
        if getattr(results.local_control, region)
    ]
    if not at_last:
        return ""
    return f"At {clock_of(results).text(float(last))} it was {_listed(at_last)}."


def _comparing(identifier: str) -> Callable[[Facts, Results], str]:
    """Return the writer of the sentence about one comparison."""

    def write(facts: Facts, results: Results) -> str:
        if not results.local_control_is_known:
            return ""
        found, path = results.comparisons[identifier], f"comparisons.{identifier}"
        unit = _UNITS.get(found.variable, "")
        shares = [f"{name}{unit} {_share(facts, f'{path}.groups.{name}')}" for name in found.groups]
        if not shares:
            return ""
        return (
            f"{found.title}: {_listed(shares)}"
            f"{_tests(facts, path)}. {_caution(sum(g.recurrences for g in found.groups.values()))}"
        )

    return write


def _tests(facts: Facts, path: str) -> str:
    tests = (("log-rank", "logrank.p_value"), ("Fisher's exact", "fisher_p_value"))
    parts = []
    for name, key in tests:
        try:
            parts.append(f"{name} p = {facts.p_value(f'{path}.{key}')}")
        except (Undetermined, InvalidDataError):
            continue
    return f"; {', '.join(parts)}" if parts else ""


def _caution(events: int) -> str:
    return (
        f"The comparison rests on {counted(events, 'recurrence')} and is no evidence that the "
        "groups are alike."
    )


def _survival(facts: Facts, results: Results) -> str:
    parts = _landmarks(facts, results, "overall_survival")
    died = counted(facts.count("counts.deaths"), "patient")
    return f"{died} died; overall survival was {_listed(parts)}."


def _safety(facts: Facts, results: Results) -> str:
    serious = facts.count("safety.serious_adverse_events")
    named = f" ({', '.join(results.safety.serious_terms)})" if serious else ""
    deaths = "safety.procedure_related_deaths"
    fractures = facts.count("safety.vertebral_compression_fractures")
    return (
        f"There {'was' if serious == 1 else 'were'} {counted(serious, 'serious adverse event')}"
        f"{named}, {counted(fractures, 'compression fracture')} of a treated vertebra and "
        f"{facts.count('safety.adjacent_fractures')} of a neighbour. "
        f"{facts.count(f'{deaths}.events')} of {facts.count(f'{deaths}.n')} patients died of the "
        f"procedure; the upper exact 95% limit is {facts.percent(f'{deaths}.upper')}."
    )


def _vertebrae(number: int) -> str:
    return counted(number, "vertebra", "vertebrae")


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _either(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"
