/* The engine's analog algorithm in plain C: an isotropic point source in voxels, track-length
 * kerma in every voxel, one batch for each call. Same tables, same random numbers, same order. */
#include <math.h>
#include <stdint.h>

#define OUTSIDE 255
#define REST_KEV 510.99895

typedef struct {
    const uint8_t *material;
    const float *density;
    double origin[3], spacing[3];
    int64_t shape[3];
    int64_t materials, nodes, rows, quantiles;
    double lowest_kev, nodes_per_kev, rows_per_kev;
    const float *attenuation, *transfer, *photo, *photo_coherent;
    const float *coherent_cosine, *incoherent_cosine;
    int64_t lines;
    const double *energy, *keep;
    const int64_t *alias;
    double position[3];
} Problem;

static inline uint64_t mixed(uint64_t word) {
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9ULL;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EBULL;
    return word ^ (word >> 31);
}

static inline double draw(uint64_t *state) {
    *state += 0x9E3779B97F4A7C15ULL;
    return (double)(mixed(*state) >> 11) * 0x1p-53;
}

static inline double off_plane(double c) {
    return fabs(c) < 1e-12 ? (c >= 0 ? 1e-12 : -1e-12) : c;
}

static inline void rotate(double d[3], double cosine, uint64_t *state) {
    double azimuth = 2 * M_PI * draw(state);
    double sine = sqrt(fmax(0.0, 1 - cosine * cosine));
    double a = sine * cos(azimuth), b = sine * sin(azimuth);
    double u = d[0], v = d[1], w = d[2], sign = w >= 0 ? 1.0 : -1.0;
    double c = -1.0 / (sign + w), m = u * v * c;
    d[0] = off_plane(u * cosine + a * (1 + sign * u * u * c) + b * m);
    d[1] = off_plane(v * cosine + a * sign * m + b * (sign + v * v * c));
    d[2] = off_plane(w * cosine - a * sign * u - b * v);
}

static inline double sampled(const float *cosines, const Problem *p, double above, uint64_t *state) {
    double one = draw(state), other = draw(state);
    int64_t row = (int64_t)(above * p->rows_per_kev + one);
    if (row > p->rows - 1) row = p->rows - 1;
    double place = other * (double)(p->quantiles - 1);
    int64_t cell = (int64_t)place;
    const float *at = cosines + row * p->quantiles + cell;
    double low = at[0];
    return low + (place - (double)cell) * (at[1] - low);
}

static inline double to_plane(double start, double origin, double spacing, double component) {
    double place = (start - origin) / spacing, cell = floor(place);
    double ahead = component > 0 ? cell + 1 - place : place - cell;
    return ahead * spacing / fabs(component);
}

static inline int64_t index_of(double x, double origin, double spacing, int64_t n) {
    int64_t i = (int64_t)((x - origin) / spacing);
    return i < 0 ? 0 : (i > n - 1 ? n - 1 : i);
}

void track(const Problem *p, uint64_t seed, int64_t first, int64_t count, double *tally) {
    double mu[64], tr[64];
    const int64_t nx = p->shape[0], nxy = p->shape[0] * p->shape[1];
    for (int64_t n = first; n < first + count; n++) {
        uint64_t state = mixed(mixed(seed + 0x9E3779B97F4A7C15ULL) + (uint64_t)n * 0xD1342543DE82EF95ULL);
        double x[3] = {p->position[0], p->position[1], p->position[2]}, d[3] = {0, 0, 1};
        rotate(d, 2 * draw(&state) - 1, &state);
        int64_t line = 0;
        if (p->lines > 1) {
            double place = draw(&state) * (double)p->lines;
            line = (int64_t)place;
            if (place - (double)line >= p->keep[line]) line = p->alias[line];
        }
        double energy = p->energy[line];
        for (;;) {
            double place = (energy - p->lowest_kev) * p->nodes_per_kev;
            int64_t node = (int64_t)place;
            if (node > p->nodes - 2) node = p->nodes - 2;
            double share = place - (double)node;
            const float *a = p->attenuation + node * p->materials, *t = p->transfer + node * p->materials;
            for (int64_t m = 0; m < p->materials; m++) {
                mu[m] = a[m] + share * (a[m + p->materials] - a[m]);
                tr[m] = t[m] + share * (t[m + p->materials] - t[m]);
            }
            double depth = -log(1 - draw(&state)), at = 0;
            int64_t voxel = (index_of(x[2], p->origin[2], p->spacing[2], p->shape[2]) * p->shape[1]
                             + index_of(x[1], p->origin[1], p->spacing[1], p->shape[1])) * nx
                            + index_of(x[0], p->origin[0], p->spacing[0], nx);
            double next_x = to_plane(x[0], p->origin[0], p->spacing[0], d[0]);
            double next_y = to_plane(x[1], p->origin[1], p->spacing[1], d[1]);
            double next_z = to_plane(x[2], p->origin[2], p->spacing[2], d[2]);
            double step_x = p->spacing[0] / fabs(d[0]), step_y = p->spacing[1] / fabs(d[1]);
            double step_z = p->spacing[2] / fabs(d[2]);
            int64_t by_x = d[0] > 0 ? 1 : -1, by_y = d[1] > 0 ? nx : -nx, by_z = d[2] > 0 ? nxy : -nxy;
            int m;
            for (;;) {
                m = p->material[voxel];
                if (m == OUTSIDE) break;
                double per_mm = mu[m] * p->density[voxel], worth = tr[m];
                double until = fmin(next_x, fmin(next_y, next_z));
                double lost = (until - at) * per_mm;
                if (lost >= depth) {
                    double length = depth / per_mm;
                    tally[voxel] += length * worth;
                    at += length;
                    break;
                }
                depth -= lost;
                tally[voxel] += (until - at) * worth;
                at = until;
                if (next_x <= until) {
                    next_x += step_x;
                    voxel += by_x;
                } else if (next_y <= until) {
                    next_y += step_y;
                    voxel += by_y;
                } else {
                    next_z += step_z;
                    voxel += by_z;
                }
            }
            if (m == OUTSIDE) break;
            for (int i = 0; i < 3; i++) x[i] += at * d[i];
            double one = draw(&state), above = energy - p->lowest_kev, cosine;
            if (one < p->photo[node * p->materials + m]) break;
            int64_t table = m * p->rows * p->quantiles;
            if (one < p->photo_coherent[node * p->materials + m]) {
                cosine = sampled(p->coherent_cosine + table, p, above, &state);
            } else {
                cosine = sampled(p->incoherent_cosine + table, p, above, &state);
                energy /= 1 + energy / REST_KEV * (1 - cosine);
                if (energy <= p->lowest_kev) break;
            }
            rotate(d, cosine, &state);
        }
    }
}

/* Add a batch to the sums of values and squares, and empty it. */
void fold(int64_t size, double *tally, double *total, double *squares) {
    for (int64_t n = 0; n < size; n++) {
        double value = tally[n];
        total[n] += value;
        squares[n] += value * value;
        tally[n] = 0.0;
    }
}
