# Reference of R survival 3.5-3 (Debian 12) for what does not involve cluster= in Aalen-Johansen,
# which that version ignores. Run in this folder: Rscript handmade.R
library(survival)
set.seed(20261124)
n <- 180
sizes <- c(1, 1, 2, 3, 1, 6, 1, 4, 2, 9)                 # clusters of unequal size
patient <- rep(seq_len(60), rep(sizes, 6))[seq_len(n)]
shared <- rgamma(max(patient), 2, 2)[patient]
arm <- sample(c("a", "b", "c", "d"), n, TRUE, prob = c(.4, .3, .2, .1))
site <- sample(c("north", "south", "west"), n, TRUE)
time <- pmax(round(rexp(n, .04 * shared * c(a = 1, b = 1.4, c = .7, d = 1)[arm])), 1)
time <- pmin(time, 40)                                   # heavy ties, many censored at 40
event <- ifelse(time == 40, 0, sample(0:2, n, TRUE, prob = c(.25, .55, .2)))
entry <- ifelse(runif(n) < .3, floor(time * runif(n) * .8), 0)
copies <- sample(1:3, n, TRUE)                           # whole-number case weights
weight <- round(runif(n, .3, 2.5), 2)                    # fractional case weights
d <- data.frame(patient, arm, site, time, event, entry, copies, weight)
write.csv(d, "handmade.csv", row.names = FALSE, quote = FALSE)
d$state <- factor(d$event, 0:2)

curve <- function(f) list(time = f$time, at_risk = f$n.risk, survival = f$surv,
  std_error = if (isTRUE(f$logse)) f$surv * f$std.err else f$std.err, lower = f$lower, upper = f$upper)
quantiles <- function(f) { q <- quantile(f, c(.1, .25, .5)); lapply(q, as.vector) }
kinds <- c("log-log", "log", "plain", "logit", "arcsin")
each <- function(names, f) { x <- lapply(names, f); names(x) <- names; x }
km <- function(kind) survfit(Surv(time, event == 1) ~ 1, d, conf.type = kind)
aj <- function(x) list(time = x$time, incidence = x$pstate[, 2], std_error = x$std.err[, 2],
  lower = x$lower[, 2], upper = x$upper[, 2])
test <- function(f, rho = 0, data = d) { x <- survdiff(f, data, rho = rho)
  sum2 <- function(v) if (is.matrix(v)) rowSums(v) else as.vector(v)
  list(statistic = unname(x$chisq), observed = sum2(x$obs), expected = sum2(x$exp)) }
score <- function(x) unname(if (is.null(x$rscore)) x$score else x$rscore)
null <- coxph.control(iter.max = 0)
few <- d[1:45, ]                                         # exact ties cost exponential time

flat <- data.frame(time = 1:6, four = c(1, 1, 1, 1, 0, 0), three = c(1, 1, 1, 0, 0, 0))
near <- data.frame(time = c(0.1 + 0.2, 0.3, 0.3 + 1e-9, 0.5, 1000 / 3, 1000 / 3 + 1e-8, 400),
  event = c(1, 0, 1, 1, 1, 1, 0))
dead <- data.frame(time = c(2, 2, 4, 4, 5, 7), event = c(1, 0, 1, 1, 1, 1))   # the curve reaches 0
trial <- data.frame(arm = sample(1:2, 137, TRUE), cell = sample(c("adeno", "large", "small", "squamous"), 137, TRUE))
trial$time <- pmax(round(rweibull(137, .8, c(adeno = 60, large = 150, small = 75, squamous = 190)[trial$cell])), 1)
trial$status <- rbinom(137, 1, .92)                      # few censored, a long tail
write.csv(trial, "trial.csv", row.names = FALSE, quote = FALSE)
reverse <- function(shift) survfit(Surv(ifelse(event == 0, time + shift, time), event == 0) ~ 1, d,
  conf.type = "log-log")

out <- list(survival_version = as.character(packageVersion("survival")), R = R.version.string,
  kinds = each(kinds, function(k) curve(km(k))),
  quantiles = each(kinds, function(k) quantiles(km(k))),
  copies = curve(survfit(Surv(time, event == 1) ~ 1, d, weights = copies, conf.type = "log-log")),
  weighted = curve(survfit(Surv(time, event == 1) ~ 1, d, weights = weight, conf.type = "log-log")),
  weighted_cluster = curve(survfit(Surv(entry, time, event == 1) ~ 1, d, weights = weight,
    cluster = patient, conf.type = "log-log")),
  cluster = curve(survfit(Surv(time, event == 1) ~ 1, d, cluster = patient, conf.type = "log-log")),
  aj = aj(survfit(Surv(time, state) ~ 1, d, conf.type = "log-log")),
  aj_weighted = aj(survfit(Surv(time, state) ~ 1, d, conf.type = "log-log", weights = weight)),
  aj_late = aj(survfit(Surv(entry, time, state) ~ 1, d, conf.type = "log-log", id = seq_len(n))),
  logrank = test(Surv(time, event == 1) ~ arm),
  logrank_rho_1 = test(Surv(time, event == 1) ~ arm, 1),
  logrank_rho_half = test(Surv(time, event == 1) ~ arm + strata(site), .5),
  logrank_strata = test(Surv(time, event == 1) ~ arm + strata(site)),
  logrank_copies = test(Surv(time, event == 1) ~ arm, 0, d[rep(seq_len(n), d$copies), ]),
  robust = score(coxph(Surv(time, event == 1) ~ arm, d, ties = "breslow", control = null, cluster = patient)),
  robust_rows = score(coxph(Surv(time, event == 1) ~ arm, d, ties = "breslow", control = null, cluster = seq_len(n))),
  robust_strata = score(coxph(Surv(time, event == 1) ~ arm + strata(site), d, ties = "breslow", control = null, cluster = patient)),
  robust_late = score(coxph(Surv(entry, time, event == 1) ~ arm, d, ties = "breslow", control = null, cluster = patient)),
  robust_weighted = score(coxph(Surv(time, event == 1) ~ arm, d, ties = "breslow", control = null, cluster = patient, weights = weight)),
  # with ties = "exact" the score test is the log-rank test, which survdiff refuses for late entry
  logrank_late = score(coxph(Surv(entry, time, event == 1) ~ arm, few, ties = "exact", control = null)),
  flat_four = quantiles(survfit(Surv(time, four) ~ 1, flat, conf.type = "log-log")),
  flat_three = quantiles(survfit(Surv(time, three) ~ 1, flat, conf.type = "log-log")),
  near = curve(survfit(Surv(time, event) ~ 1, near, conf.type = "log-log")),
  dead = curve(survfit(Surv(time, event) ~ 1, dead, conf.type = "log")),
  trial = curve(survfit(Surv(time, status) ~ 1, trial, conf.type = "log-log")),
  trial_quantiles = quantiles(survfit(Surv(time, status) ~ 1, trial, conf.type = "log-log")),
  trial_logrank = test(Surv(time, status) ~ cell, 0, trial),
  trial_logrank_rho_1 = test(Surv(time, status) ~ arm, 1, trial),
  trial_rmean = unname(summary(survfit(Surv(time, status) ~ 1, trial), rmean = 200)$table[c("rmean", "se(rmean)")]),
  reverse_shifted = curve(reverse(.25)), reverse_flipped = curve(reverse(0)))
json <- function(x) {
  if (is.list(x)) return(paste0("{", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ", "), "}"))
  v <- if (is.character(x)) paste0('"', x, '"') else ifelse(is.na(x), "null", formatC(x, digits = 17, format = "g"))
  if (length(v) == 1) v else paste0("[", paste(trimws(v), collapse = ", "), "]")
}
writeLines(json(out), "handmade.json")
