# Reference for Cox, frailty, Fine-Gray and interval-censored models, from Debian 12:
# apt-get install r-base-core r-cran-survival r-cran-cmprsk r-cran-npsurv r-cran-geepack r-cran-prodlim
# Run in this folder: Rscript regression.R
suppressMessages({library(survival); library(cmprsk); library(npsurv); library(geepack); library(prodlim)})
d <- read.csv("clustered.csv"); h <- read.csv("handmade.csv")
d$thoracic <- as.numeric(d$region == "thoracic"); d$status <- as.integer(d$event == 1)
h$status <- as.integer(h$event == 1); h$b <- as.numeric(h$arm == "b"); h$c <- as.numeric(h$arm %in% c("c", "d"))
set.seed(20261208)
d$size <- round(rgamma(nrow(d), 4, .5), 1); d$weight <- sample(1:3, nrow(d), TRUE) / 2; d$shift <- round(rnorm(nrow(d)) / 4, 2)
write.csv(d[, c("size", "weight", "shift")], "regression.csv", row.names = FALSE, quote = FALSE)
m <- read.csv("regression.csv"); d[names(m)] <- m
control <- coxph.control(eps = 1e-11, iter.max = 50)
vec <- function(x) unname(as.vector(x))
fit <- function(...) eval(substitute(coxph(..., data = d, control = control)), globalenv())
one <- function(x) list(coef = vec(coef(x)), var = vec(if (is.null(x$naive.var)) x$var else x$naive.var),
  robust_var = if (is.null(x$naive.var)) NULL else vec(x$var), loglik = x$loglik, score = x$score,
  rscore = x$rscore, wald = vec(x$wald.test))
f <- Surv(time, status) ~ age + thoracic + size
fits <- list(efron = fit(f), breslow = fit(f, ties = "breslow"), exact = fit(f, ties = "exact"),
  cluster = fit(f, cluster = patient), breslow_cluster = fit(f, ties = "breslow", cluster = patient),
  strata_cluster = fit(Surv(time, status) ~ age + thoracic + size + strata(centre), cluster = patient),
  strata_exact = fit(Surv(time, status) ~ age + thoracic + strata(centre), ties = "exact"),
  late_cluster = fit(Surv(entry, time, status) ~ age + thoracic + size, cluster = patient),
  late_exact = coxph(Surv(entry, time, status) ~ age + thoracic, d[1:70, ], ties = "exact", control = control), # enumerates subsets: few rows
  late_strata = fit(Surv(entry, time, status) ~ age + thoracic + size + strata(centre)),
  weights = fit(f, weights = weight, cluster = patient), weights_breslow = fit(f, weights = weight, ties = "breslow", robust = TRUE),
  offset = fit(Surv(time, status) ~ age + thoracic + size + offset(shift)),
  death = fit(Surv(time, event == 2) ~ age + thoracic + size, cluster = patient), row_robust = fit(f, robust = TRUE))
zph <- function(x) { g <- lapply(c("km", "identity", "rank", "log"), function(t) vec(cox.zph(x, transform = t, terms = FALSE)$table[, "chisq"])); names(g) <- c("km", "identity", "rank", "log"); g }
res <- function(x) { k <- c("martingale", "deviance", "score", "dfbeta", "dfbetas"); r <- lapply(k, function(t) vec(t(as.matrix(residuals(x, t)))))
  names(r) <- k; c(r, list(schoenfeld = vec(t(residuals(x, "schoenfeld"))), scaled = vec(t(residuals(x, "scaledsch"))))) }
con <- function(x) { k <- concordance(x); list(concordance = vec(k$concordance), var = vec(k$var), count = vec(colSums(rbind(k$count))[1:3])) }
curve <- function(x, new) { s <- summary(survfit(x, newdata = new, conf.type = "log-log"), times = c(6, 12, 24, 36))
  list(surv = vec(t(s$surv)), se = vec(t(s$std.err)), lower = vec(t(s$lower)), upper = vec(t(s$upper))) }
new <- data.frame(age = c(50, 70), thoracic = c(1, 0), size = c(4, 9))
b <- basehaz(fits$efron, centered = FALSE)
fr <- function(f, data, ...) { x <- coxph(f, data, control = coxph.control(eps = 1e-11, iter.max = 200, outer.max = 200), ...)
  k <- sum(!grepl('^gamma', names(coef(x)))); list(coef = vec(coef(x))[1:k], se = vec(sqrt(diag(as.matrix(x$var))[1:k])), theta = x$history[[1]]$theta, loglik = x$history[[1]]$c.loglik, frailty = if (is.null(x$frail)) NULL else vec(x$frail)) }
e <- data.frame(age = d$age, thoracic = d$thoracic, size = d$size)
fg <- function(code) { x <- crr(d$time, d$event, as.matrix(e), failcode = code, gtol = 1e-11, maxiter = 50)
  list(coef = vec(x$coef), var = vec(x$var), invinf = vec(x$inf), loglik = x$loglik, loglik_null = x$loglik.null) }
# interval censoring: visits every 3 months, some missed
n <- 150; true <- rweibull(n, 1.2, 20); visits <- matrix(rep(seq(3, 36, 3), each = n), n); visits[runif(length(visits)) < .3] <- NA
left <- apply(cbind(0, ifelse(visits < true, visits, NA)), 1, max, na.rm = TRUE)
right <- apply(cbind(Inf, ifelse(visits >= true, visits, NA)), 1, min, na.rm = TRUE)
exact <- sample(which(is.finite(right)), 12); left[exact] <- right[exact] <- round(true[exact], 1)
write.csv(data.frame(left, right), "intervals.csv", row.names = FALSE, quote = FALSE)
i <- read.csv("intervals.csv"); np <- npsurv(as.matrix(i), maxit = 1000, tol = 1e-13)
r2 <- ifelse(is.finite(i$right), i$right, NA); l2 <- ifelse(i$left == 0 & i$right > 0, NA, i$left)
tb <- survfit(Surv(l2, r2, type = "interval2") ~ 1, data = i, se.fit = FALSE)
at <- c(seq(3, 36, 3))
turnbull <- function(t) { k <- findInterval(t + 1e-9, tb$time); ifelse(k == 0, 1, tb$surv[pmax(k, 1)]) }
# continuous visits: open on the left as in (l, r]
j <- data.frame(left = round(rexp(200, .1), 4)); j$right <- ifelse(runif(200) < .25, Inf, j$left + round(rexp(200, .3), 4) + .01); j$left[1:20] <- 0
write.csv(j, "intervals_continuous.csv", row.names = FALSE, quote = FALSE); j <- read.csv("intervals_continuous.csv")
nj <- npsurv(as.matrix(j), maxit = 2000, tol = 1e-13)
# pseudo-observations by leaving one out
pk <- prodlim(Hist(time, status) ~ 1, data = d); pc <- prodlim(Hist(time, event) ~ 1, data = d)
ps <- jackknife(pk, times = c(12, 24)); pf <- jackknife(pc, times = c(12, 24), cause = 1)
w <- d; w <- w[order(w$patient), ]
gee <- function(link, y) { w$y <- y; x <- geese(y ~ age + thoracic, id = patient, data = w, mean.link = link, variance = "gaussian", scale.fix = TRUE, corstr = "independence", control = geese.control(epsilon = 1e-12, maxit = 200))
  list(beta = vec(x$beta), vbeta = vec(x$vbeta)) }
ord <- order(d$patient)
# Firth by direct search: log L and I from coxph held at beta
pen <- function(bt, f, data, ties) { x <- coxph(f, data, ties = ties, init = bt, control = coxph.control(iter.max = 0)); x$loglik[length(x$loglik)] - .5 * as.numeric(determinant(x$var)$modulus) }
my <- read.csv("myeloma.csv"); my$contrived <- as.numeric(my$time <= 65)
firth <- function(f, data, ties) { p <- length(attr(terms(f), "term.labels")); o <- optim(rep(0, p), function(bt) -pen(bt, f, data, ties), method = "BFGS", control = list(reltol = 1e-16, maxit = 1000, ndeps = rep(1e-5, p)))
  list(coef = o$par, value = -o$value, null = pen(rep(0, p), f, data, ties)) }
fs <- list(myeloma_breslow = suppressWarnings(firth(Surv(time, status) ~ log_bun + haemoglobin + contrived, my, "breslow")),
  myeloma_efron = suppressWarnings(firth(Surv(time, status) ~ log_bun + haemoglobin + contrived, my, "efron")))
out <- list(R = R.version.string, versions = vapply(c("survival", "cmprsk", "npsurv", "geepack", "prodlim"), function(p) as.character(packageVersion(p)), ""),
  fits = lapply(fits, one), zph = lapply(fits[c("efron", "breslow", "strata_cluster", "late_cluster")], zph),
  residuals = lapply(fits[c("efron", "breslow", "strata_cluster", "late_cluster", "weights")], res),
  concordance = lapply(fits[c("efron", "cluster", "strata_cluster", "late_cluster", "weights")], con),
  curve = list(efron = curve(fits$efron, new), breslow = curve(fits$breslow, new)), hazard_time = b$time, hazard = b$hazard,
  frailty = list(clustered = fr(Surv(time, status) ~ age + thoracic + size + frailty.gamma(patient, eps = 1e-11), d),
    dense = fr(Surv(time, status) ~ age + thoracic + size + frailty.gamma(patient, eps = 1e-11, sparse = FALSE), d),
    kidney = fr(Surv(time, status) ~ age + sex + frailty.gamma(id, eps = 1e-11), kidney), rats = fr(Surv(time, status) ~ rx + frailty.gamma(litter, eps = 1e-11), rats[rats$sex == "f", ])),
  kidney = as.list(kidney[, c("id", "time", "status", "age", "sex")]), rats = as.list(rats[rats$sex == "f", c("litter", "rx", "time", "status")]),
  fine_gray = list(recurrence = fg(1), death = fg(2)),
  npmle = list(loglik = np$ll, at = at, npsurv = vec(1 - vapply(at, function(t) sum(np$f$p[np$f$right <= t + 1e-9]), 0)), turnbull = vec(turnbull(at)),
    continuous = nj$ll, left = nj$f$left, right = nj$f$right, p = nj$f$p),
  pseudo = list(survival = vec(ps), incidence = vec(pf), gee = list(identity = gee("identity", ps[ord, 2]), logit = gee("logit", pf[ord, 2]), cloglog = gee("cloglog", pf[ord, 2])), ipseudo = vec(pseudo(survfit(Surv(time, status) ~ 1, d), times = 24)), rmst = vec(pseudo(survfit(Surv(time, status) ~ 1, d), times = 24, type = "rmst"))),
  firth = fs)
json <- function(x) {
  if (is.null(x)) return("null")
  if (is.list(x)) return(paste0("{", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ", "), "}"))
  v <- if (is.character(x)) paste0('"', x, '"') else ifelse(is.na(x), "null", ifelse(is.infinite(x), "1e999", formatC(x, digits = 17, format = "g")))
  if (length(v) == 1) v else paste0("[", paste(trimws(v), collapse = ", "), "]")
}
writeLines(json(out), "regression.json")
