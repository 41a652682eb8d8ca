# Data sets that ship in the wheel of lifelines 0.30.3 (MIT licence), written out as wheels.csv: larynx (four
# stages), multicenter_aids_cohort (late entry), recur (several rows in a patient; rows without length left out),
# kidney_transplant. Run in this folder with R survival 3.5-3: Rscript wheels.R
library(survival)
all <- read.csv("wheels.csv")
curve <- function(f) list(time = f$time, at_risk = f$n.risk, survival = f$surv,
  std_error = if (isTRUE(f$logse)) f$surv * f$std.err else f$std.err, lower = f$lower, upper = f$upper)
one <- function(name) {
  d <- all[all$data == name, ]; d$group <- factor(d$group); late <- any(d$entry > 0)
  null <- coxph.control(iter.max = 0)
  list(km = curve(survfit(Surv(entry, time, event) ~ 1, d, conf.type = "log-log")),
    robust = curve(survfit(Surv(entry, time, event) ~ 1, d, conf.type = "log-log", cluster = d$id)),
    logrank = if (late) -1 else survdiff(Surv(time, event) ~ group, d)$chisq,
    robust_logrank = unname(coxph(Surv(entry, time, event) ~ group, d, ties = "breslow", control = null, cluster = id)$rscore)) }
names <- c("larynx", "aids", "recur", "kidney")
out <- lapply(names, one); names(out) <- names
out$survival_version <- as.character(packageVersion("survival")); out$R <- R.version.string
json <- function(x) {
  if (is.list(x)) return(paste0("{", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ", "), "}"))
  v <- if (is.character(x)) paste0('"', x, '"') else ifelse(is.na(x), "null", formatC(x, digits = 17, format = "g"))
  if (length(v) == 1) v else paste0("[", paste(trimws(v), collapse = ", "), "]")
}
writeLines(json(out), "wheels.json")
