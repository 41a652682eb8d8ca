# Paired change: wilcox.test of R (stats). Run in this folder: Rscript paired.R
# tol.root is far below the default of 1e-4, so that limits found by uniroot can be compared.
set.seed(20261125)
make <- function(name, before, after) data.frame(case = name, before = before, after = after)
score <- function(n, low, high) sample(low:high, n, TRUE)
fine <- function(n) round(runif(n, 0, 10), 4)            # four decimals: no ties
pain <- function(name, n, relief) { before <- score(n, 4, 10)
  make(name, before, pmin(pmax(before - relief(n), 0), 10)) }
d <- rbind(
  make("exact_6", fine(6) + 3, fine(6)), make("exact_7", fine(7) + 1, fine(7)),
  make("exact_20", fine(20) + 1.5, fine(20)), make("exact_49", fine(49), fine(49)),
  make("exact_50", fine(50) + .5, fine(50)), make("large_51", fine(51) + .5, fine(51)),
  make("large_120", fine(120) + .2, fine(120)),
  pain("tied_25", 25, function(n) score(n, 1, 6)),       # ties, no zeros
  pain("tied_40", 40, function(n) { x <- score(n, -3, 5); ifelse(x == 0, 1, x) }),
  pain("tied_90", 90, function(n) { x <- score(n, -4, 6); ifelse(x == 0, -1, x) }),
  pain("zeros_30", 30, function(n) score(n, -2, 4)),     # ties and zeros
  pain("zeros_60", 60, function(n) score(n, -1, 5)),
  make("mirrored_12", c(1:6, 2, 4, 6, 8, 10, 12) + .5, c(2:7, 0, 1, 2, 3, 4, 5) + .5 + (1:12) * .125),
  make("opposite_10", rep(5, 10), 5 + c(-1, 1, -2, 2, -3, -4, -5, -6, 7, -8)))  # |x| tied, x not
write.csv(d, "paired.csv", row.names = FALSE, quote = FALSE)
quiet <- function(expr) suppressWarnings(expr)
result <- function(x, level, exact = NULL, mu = 0) {
  t <- quiet(wilcox.test(x, mu = mu, exact = exact, conf.int = TRUE, conf.level = level, tol.root = 1e-10))
  list(estimate = unname(t$estimate), lower = t$conf.int[1], upper = t$conf.int[2],
    level = attr(t$conf.int, "conf.level"), p_value = t$p.value, method = t$method)
}
cases <- lapply(split(d, factor(d$case, unique(d$case))), function(one) {
  x <- one$after - one$before
  exact <- if (nrow(one) == 50) TRUE else NULL           # R's own default stops at 49
  # Testing a shift of 1e-9 leaves the limits what they are and keeps the zeros, which R drops when
  # mu is 0; it also separates -2 from 2.
  list(plain = result(x, .95, exact), kept = result(x, .95, exact, 1e-9), kept_80 = result(x, .8, exact, 1e-9))
})
json <- function(x) {
  if (is.list(x)) return(paste0("{", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ", "), "}"))
  v <- if (is.character(x)) paste0('"', x, '"') else ifelse(is.na(x), "null", formatC(x, digits = 17, format = "g"))
  if (length(v) == 1) v else paste0("[", paste(trimws(v), collapse = ", "), "]")
}
writeLines(json(list(R = R.version.string, cases = cases)), "paired.json")
