# Rscript peers.R CASE FILE ROWS ROUNDS: seconds of survival's survfit and survdiff; FILE holds time, event, two, ten.
suppressMessages(library(survival))
a <- commandArgs(TRUE); n <- as.integer(a[3]); x <- matrix(readBin(a[2], "double", 4 * n), n)
run <- switch(a[1],
  km = function() { f <- survfit(Surv(x[, 1], x[, 2]) ~ 1, conf.type = "log-log"); length(f$lower) },
  logrank2 = function() survdiff(Surv(x[, 1], x[, 2]) ~ x[, 3]),
  logrank10 = function() survdiff(Surv(x[, 1], x[, 2]) ~ x[, 4]))
seconds <- vapply(seq_len(as.integer(a[4])), function(i) system.time(run())[["elapsed"]], 0)
cat(median(seconds))
