# Reference for regression on the data sets of R's survival, from Debian 12:
# apt-get install r-base-core r-cran-survival r-cran-cmprsk
# Run in this folder: Rscript classical.R
suppressMessages({library(survival); library(cmprsk)})
control <- coxph.control(eps = 1e-11, iter.max = 100)
json <- function(x) {
  if (is.null(x)) return("null")
  if (is.list(x)) return(paste0("{", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ",\n "), "}"))
  v <- if (is.character(x)) paste0('"', x, '"') else ifelse(is.na(x), "null", trimws(formatC(as.vector(x), digits = 17, format = "g")))
  if (length(v) == 1) v else paste0("[", paste(v, collapse = ", "), "]")
}
fit <- function(d, formula, ties = "efron", cluster = FALSE, weight = FALSE) {
  a <- list(formula = formula, data = d, ties = ties, control = control, x = TRUE)
  if (cluster) a$cluster <- d$cluster
  if (weight) a$weights <- d$weight
  do.call(coxph, a)
}
told <- function(m, rows = TRUE, tests = TRUE) {
  r <- list(coef = coef(m), var = if (is.null(m$naive.var)) m$var else m$naive.var, robust = if (!is.null(m$naive.var)) m$var,
    loglik = m$loglik, score = m$score, rscore = m$rscore, wald = m$wald.test)
  if (!tests) return(r)
  for (t in c("km", "identity", "rank", "log")) r[[paste0("zph_", t)]] <- cox.zph(m, transform = t, terms = FALSE)$table[, "chisq"]
  k <- concordance(m); r$concordance <- k$concordance; r$concordance_var <- k$var
  if (rows) for (k in c("martingale", "deviance", "score", "dfbeta", "dfbetas")) r[[paste0("residual_", k)]] <- t(as.matrix(residuals(m, k)))
  r
}
keep <- function(name, d) { d <- d[complete.cases(d), ]; write.csv(d, file.path("classical", paste0(name, ".csv")), row.names = FALSE, quote = FALSE); d }
n <- function(x) as.numeric(x)
lung <- keep("lung", with(lung, data.frame(time, event = status - 1, age, sex, loss = wt.loss, cluster = inst, weight = (seq_along(time) %% 4 + 1) / 2)))
vet <- keep("veteran", with(veteran, data.frame(time, event = status, trt, karno, age, stratum = n(celltype))))
bl <- keep("bladder2", with(bladder2, data.frame(entry = start, time = stop, event, rx, number, size, stratum = enum, cluster = id)))
ht <- keep("heart", with(heart, data.frame(entry = start, time = stop, event, age = round(age, 6), year = round(year, 6), surgery, transplant = n(transplant == "1"), cluster = id)))
pb <- keep("pbc", with(pbc, data.frame(time, event = n(status == 2), age = round(age, 4), edema, bili, stratum = stage, weight = (seq_along(time) %% 3) / 2 + .25)))
cg <- keep("cgd", with(cgd, data.frame(entry = tstart, time = tstop, event = status, treated = n(treat == "rIFN-g"), age, male = n(sex == "male"), cluster = id)))
mg <- keep("mgus2", with(mgus2, data.frame(time = ifelse(pstat == 0, futime, ptime), event = ifelse(pstat == 0, 2 * death, 1), age, male = n(sex == "M"), mspike, hgb)))
ti <- keep("ties", data.frame(time = rep(1:3, c(10, 8, 6)), event = rep(c(1, 1, 0, 1), 6), x = (seq_len(24) * 7) %% 11, y = (seq_len(24) * 5) %% 3, cluster = seq_len(24) %% 5))
rt <- keep("retinopathy", with(retinopathy, data.frame(time = futime, event = status, trt, juvenile = n(type == "juvenile"), cluster = id)))
db <- keep("diabetic", with(diabetic, data.frame(time, event = status, trt, risk, cluster = id)))
fits <- list(
  lung = told(fit(lung, Surv(time, event) ~ age + sex + loss, cluster = TRUE, weight = TRUE)),
  veteran = told(fit(vet, Surv(time, event) ~ trt + karno + age)), veteran_strata = told(fit(vet, Surv(time, event) ~ trt + karno + age + strata(stratum), "breslow")),
  veteran_exact = told(fit(vet, Surv(time, event) ~ trt + karno + age + strata(stratum), "exact"), tests = FALSE),
  bladder2 = told(fit(bl, Surv(entry, time, event) ~ rx + number + size + strata(stratum), cluster = TRUE)),
  heart = told(fit(ht, Surv(entry, time, event) ~ age + year + surgery + transplant)),
  heart_cluster = told(fit(ht, Surv(entry, time, event) ~ age + year + surgery + transplant, "breslow", cluster = TRUE)),
  heart_exact = told(fit(ht, Surv(entry, time, event) ~ age + transplant, "exact"), tests = FALSE),
  pbc = told(fit(pb, Surv(time, event) ~ age + edema + bili + strata(stratum), weight = TRUE), rows = FALSE),
  cgd = told(fit(cg, Surv(entry, time, event) ~ treated + age + male, cluster = TRUE)),
  ties = told(fit(ti, Surv(time, event) ~ x + y, cluster = TRUE)), ties_exact = told(fit(ti, Surv(time, event) ~ x + y, "exact"), tests = FALSE))
fg <- function(code) { x <- crr(mg$time, mg$event, as.matrix(mg[, c("age", "male", "mspike", "hgb")]), failcode = code, gtol = 1e-12, maxiter = 100)
  list(coef = x$coef, var = x$var, loglik = c(x$loglik.null, x$loglik)) }
fr <- function(f, d) { x <- coxph(f, d, control = coxph.control(eps = 1e-11, iter.max = 200, outer.max = 200)); k <- !grepl("gamma", names(coef(x)))
  list(coef = coef(x)[k], theta = x$history[[1]]$theta, loglik = x$history[[1]]$c.loglik) }
out <- list(R = R.version.string, survival = as.character(packageVersion("survival")), cmprsk = as.character(packageVersion("cmprsk")), fits = fits, fine_gray = list(malignancy = fg(1), death = fg(2)),
  frailty = list(retinopathy = fr(Surv(time, event) ~ trt + juvenile + frailty.gamma(cluster, eps = 1e-11), rt), diabetic = fr(Surv(time, event) ~ trt + risk + frailty.gamma(cluster, eps = 1e-11), db)))
writeLines(json(out), "classical.json")
