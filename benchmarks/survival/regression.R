# Rscript regression.R CASE FILE ROWS ROUNDS: seconds of coxph and npsurv; FILE holds columns, doubles by column:
# time, event, patient, five covariates, or left, right for the interval cases.
suppressMessages(library(survival))
a <- commandArgs(TRUE); n <- as.integer(a[3]); k <- if (grepl("^npmle", a[1])) 2 else 8
x <- matrix(readBin(a[2], "double", k * n), n)
turnbull <- function() { r <- ifelse(is.finite(x[, 2]), x[, 2], NA); l <- ifelse(x[, 1] == 0, NA, x[, 1])
  survfit(Surv(l, r, type = "interval2") ~ 1, se.fit = FALSE) }
run <- switch(a[1],
  cox = function() coxph(Surv(x[, 1], x[, 2]) ~ x[, 4:8]),
  cox_cluster = function() coxph(Surv(x[, 1], x[, 2]) ~ x[, 4:8], cluster = x[, 3]),
  npmle = , npmle_scheduled = , npmle_known = function() npsurv::npsurv(x),
  npmle_turnbull = , npmle_scheduled_turnbull = , npmle_known_turnbull = turnbull)
seconds <- system.time(run())[["elapsed"]]
# The clock ticks in milliseconds: a quick call is repeated for a tenth of a second.
times <- max(1, ceiling(0.1 / max(seconds, 1e-3)))
if (seconds < 10) seconds <- vapply(seq_len(as.integer(a[4])), function(i) system.time(for (j in seq_len(times)) run())[["elapsed"]] / times, 0)
cat(median(seconds))
