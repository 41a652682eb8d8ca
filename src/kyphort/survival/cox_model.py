"""What a proportional hazards regression returns: coefficients, both covariances, and tests."""

from dataclasses import dataclass, field

import numpy as np

from kyphort.errors import InvalidDataError
from kyphort.survival.arrays import BoolArray, FloatArray, IntArray
from kyphort.survival.checks import check_kind
from kyphort.survival.comparisons import upper_tail
from kyphort.survival.covariates import Design
from kyphort.survival.cox_fit import Scaled, score_rows, sum_by_label
from kyphort.survival.cox_likelihood import Likelihood
from kyphort.survival.data import SurvivalData
from kyphort.survival.transforms import normal_quantile

_FLAT = 1e-14
"""The smallest eigenvalue of a matrix with a diagonal of ones, for each row, if by rounding."""


@dataclass(frozen=True, slots=True)
class ModelTest:
    """A χ² test that some coefficients are zero; NaN where it is not defined."""

    statistic: float
    df: int
    p_value: float
    method: str


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What a model was fitted to and from, for tests, residuals and predictions.

    `scaled` and `beta` are in canonical order and scaled units; `start` is the likelihood at zero.
    `cluster` `(n,)` is in the order of the data, None when errors take rows as independent.
    """

    data: SurvivalData
    design: Design
    is_event: BoolArray
    scaled: Scaled
    beta: FloatArray
    start: Likelihood
    cluster: IntArray | None


@dataclass(frozen=True, slots=True, eq=False)
class CoxModel:
    """A fitted regression of a hazard: log hazard ratios with their errors.

    Attributes
    ----------
    names
        The covariates `(p,)`.
    coefficients
        `(p,)` log hazard ratios for one unit of each.
    covariance
        `(p, p)` model-based: the inverse of the information.
    robust_covariance
        `(p, p)` the sandwich over clusters (over rows without clusters), or None.
    log_likelihood, log_likelihood_null
        The log partial likelihood there, and at zero coefficients.
    rows, events, clusters
        Rows used, rows with the event, and clusters behind the robust covariance (None without).
    ties, method
        How tied events were met, and the whole in words.
    steps
        Newton steps taken.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    robust_covariance: FloatArray | None
    log_likelihood: float
    log_likelihood_null: float
    rows: int
    events: int
    clusters: int | None
    ties: str
    method: str
    steps: int
    fit: Fit | None = field(repr=False, default=None)

    @property
    def std_error(self) -> FloatArray:
        """Standard errors `(p,)`: robust where a robust covariance was asked for."""
        chosen = self.covariance if self.robust_covariance is None else self.robust_covariance
        return np.asarray(np.sqrt(np.diag(chosen)))

    @property
    def model_std_error(self) -> FloatArray:
        """Standard errors `(p,)` that take the rows as independent and the model as right."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def hazard_ratios(self) -> FloatArray:
        """Hazard ratios `(p,)`, exp(coefficients)."""
        return np.exp(self.coefficients)

    @property
    def p_values(self) -> FloatArray:
        """Two-sided p values `(p,)` of each coefficient, (coefficient / error)² as χ²₁."""
        statistics = (self.coefficients / self.std_error) ** 2
        return np.array([upper_tail(float(one), 1) for one in statistics])

    def limits(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return lower and upper limits of the hazard ratios, symmetric for their logarithm.

        >>> from kyphort.survival import SurvivalData, cox
        >>> model = cox(SurvivalData([1, 2, 3, 4], [1, 1, 1, 1]), [1, 0, 1, 0])
        >>> [one.round(2).tolist() for one in model.limits()]
        [[0.23], [29.12]]
        """
        margin = normal_quantile(level) * self.std_error
        return np.exp(self.coefficients - margin), np.exp(self.coefficients + margin)

    def likelihood_ratio_test(self) -> ModelTest:
        """Test that all coefficients are zero by twice the gain in log-likelihood.

        It takes rows as independent: with clustered rows prefer the robust score or Wald test.
        """
        gain = 2.0 * (self.log_likelihood - self.log_likelihood_null)
        return _test(gain, len(self.names), "likelihood-ratio test")

    def wald_test(self) -> ModelTest:
        """Test that all coefficients are zero by βᵀ V⁻¹ β, V robust where there is a robust V."""
        chosen = self.covariance if self.robust_covariance is None else self.robust_covariance
        how = "Wald test" if self.robust_covariance is None else "robust Wald test"
        return _test(_square(self.coefficients, chosen), len(self.names), how)

    def score_test(self) -> ModelTest:
        """Test that all coefficients are zero by the score there, Uᵀ I⁻¹ U: a log-rank test."""
        start = fit_of(self).start
        statistic = start.gradient @ np.linalg.solve(start.information, start.gradient)
        return _test(float(statistic), len(self.names), "score test")

    def robust_score_test(self) -> ModelTest:
        """Test likewise with the variance of the score between clusters.

        Σ over clusters of the outer product of their summed score residuals at zero takes the place
        of the information. Source: Lin & Wei 1989, doi 10.1080/01621459.1989.10478874; Lee, Wei &
        Amato 1992 (clusters).
        """
        fit = fit_of(self)
        problem = fit.scaled.problem
        scores = problem.sets.weight[:, None] * score_rows(problem, np.zeros(problem.size))
        if fit.cluster is not None:
            scores = sum_by_label(scores, fit.cluster[problem.sets.order])
        total = scores.sum(axis=0)
        return _test(_square(total, scores.T @ scores), len(self.names), "robust score test")


def fit_of(model: CoxModel) -> Fit:
    """Return what a model was fitted from.

    Raises
    ------
    InvalidDataError
        When the model is not a Cox model, so that there is no such thing.
    """
    check_kind("model", model, CoxModel, "cox()")
    if model.fit is None:
        raise InvalidDataError(
            f"model: a {model.method}, which has no Cox partial likelihood behind it. Pass the "
            "result of cox()."
        )
    return model.fit


def _square(value: FloatArray, variance: FloatArray) -> float:
    """Return valueᵀ variance⁻¹ value, of which a robust variance of few clusters has none."""
    size = np.sqrt(np.diag(variance))
    if (
        not (size > 0.0).all()
        or np.linalg.eigvalsh(variance / np.outer(size, size))[0] < _FLAT * value.size
    ):
        raise InvalidDataError(
            "model: its robust covariance is of too few clusters for a test of all coefficients "
            "together. Fit fewer coefficients than there are clusters."
        )
    return float(value @ np.linalg.solve(variance, value))


def _test(statistic: float, df: int, method: str) -> ModelTest:
    return ModelTest(statistic, df, upper_tail(statistic, df), method)
