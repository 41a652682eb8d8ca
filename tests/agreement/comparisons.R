# Reference for comparisons, bands, landmarks and conditional curves, from Debian 12:
# apt-get install r-base-core r-cran-survival r-cran-cmprsk r-cran-coin r-cran-km.ci r-cran-survmisc
# Run in this folder: Rscript comparisons.R
suppressMessages({library(survival); library(cmprsk); library(coin); library(km.ci); library(survMisc)})
d <- read.csv("handmade.csv"); d$arm <- factor(d$arm); d$status <- as.integer(d$event == 1)
two <- d[d$arm %in% c("a", "b"), ]; two$arm <- droplevels(two$arm)
large <- read.csv("trial.csv")
set.seed(20261125)
rare <- data.frame(time = rexp(400, .05), event = sample(0:2, 400, TRUE), arm = sample(letters[1:3], 400, TRUE),
  site = sample(c("n", "s"), 400, TRUE))                 # continuous times, competing events
write.csv(rare, "competing.csv", row.names = FALSE, quote = FALSE)
rare <- read.csv("competing.csv")
gray <- function(x, rho = 0, strata = NULL) {
  f <- if (is.null(strata)) cuminc(x$time, x$event, x$arm, cencode = 0, rho = rho) else
    cuminc(x$time, x$event, x$arm, strata, cencode = 0, rho = rho)
  unname(f$Tests[, "stat"]) }
weighted <- function(f, x) {                             # survMisc prints with few digits: take its attributes
  t <- ten(do.call(survfit, list(f, data = x))); invisible(capture.output(comp(t)))
  lrt <- attr(t, "lrt"); list(names = lrt$W, statistic = if ("chiSq" %in% names(lrt)) lrt$chiSq else lrt$Z^2) }
# survMisc takes other trends and two-sample variances than survdiff, from whose O, E and V these come
trend <- function(x) { f <- survdiff(Surv(time, event == 1) ~ arm, x); s <- seq_along(f$obs)
  unname(sum(s * (f$obs - f$exp))^2 / (s %*% f$var %*% s)[1]) }
small <- data.frame(time = c(3, 5, 5, 7, 9, 11, 13, 13, 4, 8, 10, 2), event = c(1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1),
  arm = factor(rep(c("a", "b"), c(5, 7))))
exact <- function(x) as.numeric(pvalue(logrank_test(Surv(time, event) ~ arm, x, distribution = "exact")))
km <- function(x) survfit(Surv(time, event == 1) ~ 1, x, conf.type = "log-log")
band <- function(m) { b <- km.ci(km(two), method = m, tl = 3, tu = 25)
  list(time = b$time, survival = b$surv, lower = b$lower, upper = b$upper) }
# the clustered difference by hand: residuals are influences, summed with a sign by patient
clustered <- function(t) { f <- survfit(Surv(time, event == 1) ~ arm, two)
  r <- residuals(f, times = t, type = "pstate"); r <- as.matrix(r)[, 1] * ifelse(two$arm == "a", 1, -1)
  s <- summary(f, times = t)$surv; c(s[1] - s[2], sqrt(sum(rowsum(r, two$patient)^2))) }
mean_diff <- function(tau) { f <- survfit(Surv(time, event == 1) ~ arm, two)
  m <- summary(f, rmean = tau)$table[, c("rmean", "se(rmean)")]; c(m[1, 1] - m[2, 1], sqrt(sum(m[, 2]^2))) }
mean_clustered <- function(tau) { f <- survfit(Surv(time, event == 1) ~ arm, two)
  r <- as.matrix(residuals(f, times = tau, type = "auc"))[, 1] * ifelse(two$arm == "a", 1, -1)
  sqrt(sum(rowsum(r, two$patient)^2)) }
given <- survfit(Surv(time, event == 1) ~ 1, d, start.time = 5.5, conf.type = "log-log")
marks <- summary(km(d), times = c(3, 6, 12, 24, 36))
late <- coxph(Surv(entry, time, event == 1) ~ as.numeric(arm), d, ties = "breslow", control = coxph.control(iter.max = 0), cluster = patient)
out <- list(R = R.version.string, versions = vapply(c("survival", "cmprsk", "coin", "km.ci", "survMisc"),
    function(p) as.character(packageVersion(p)), ""),
  gray_handmade = gray(d), gray_handmade_strata = gray(d, 0, d$site), gray_two_rho_1 = gray(two, 1),
  gray_competing = gray(rare), gray_competing_strata = gray(rare, 0, rare$site),
  logrank_two = survdiff(Surv(time, event == 1) ~ arm, two)$chisq, weighted_four = weighted(Surv(time, status) ~ arm, d),
  trend_four = trend(d), trend_competing = trend(rare),
  robust_trend_late = unname(late$rscore),
  exact = exact(small), small_time = small$time, small_event = small$event, small_arm = as.character(small$arm),
  bands = list(hall = band("hall-wellner"), loghall = band("loghall"), ep = band("epband"), logep = band("logep")),
  difference = as.vector(vapply(c(6, 12, 24), clustered, c(0, 0))), mean_difference = mean_diff(24), mean_clustered = mean_clustered(24),
  conditional = list(time = given$time, survival = given$surv, std_error = given$surv * given$std.err, lower = given$lower, upper = given$upper),
  landmarks = list(time = marks$time, survival = marks$surv, std_error = marks$std.err, at_risk = marks$n.risk, events = marks$n.event, censored = marks$n.censor))
json <- function(x) {
  if (is.list(x)) return(paste0("{", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ", "), "}"))
  v <- if (is.character(x)) paste0('"', x, '"') else ifelse(is.na(x), "null", formatC(x, digits = 17, format = "g"))
  if (length(v) == 1) v else paste0("[", paste(trimws(v), collapse = ", "), "]")
}
writeLines(json(out), "comparisons.json")
