// Langevin dynamics of a few particles with one tabulated pair potential, in a periodic cube: what LAMMPS's fix nve,
// fix langevin and pair_style table do, for systems so small that LAMMPS spends most of a step on everything else.
// Compiled and called by nanonet.simulate.langevin.
//
// Velocity Verlet; friction and uniform noise are added to the forces (Duenweg & Paul 1991,
// doi:10.1142/S0129183191000037). All pairs are met at every step, in vectors, without lists.
// Part of nanonet, BSD-3-Clause.

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

constexpr int LANES = 4;    // doubles in a vector: eight are no faster for so few particles
typedef double Lanes __attribute__((vector_size(8 * LANES)));
typedef int64_t Whole __attribute__((vector_size(8 * LANES)));    // also the result of a comparison: -1 or 0

inline Lanes load(const double *from)
{
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

inline void store(double *to, const Lanes &lanes)
{
  std::memcpy(to, &lanes, sizeof(lanes));
}

inline Lanes keep(const Whole &where, const Lanes &lanes)
{
  return (Lanes)(where & (Whole) lanes);
}

inline double sum(const Lanes &lanes)
{
  double total = 0.0;
  for (int k = 0; k < LANES; k++) total += lanes[k];
  return total;
}

// To the nearest whole number: adding so large a number leaves no place for fractions
inline Lanes rounded(const Lanes &lanes)
{
  const double large = 0x1.8p52;
  return (lanes + large) - large;
}

// Random numbers: xoshiro256+ (Blackman & Vigna 2021, doi:10.1145/3460772)
struct Random {
  uint64_t *s;

  // Uniform in [-0.5, 0.5)
  double centred()
  {
    const uint64_t sum = s[0] + s[3], shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return static_cast<double>(sum >> 11) * 0x1.0p-53 - 0.5;
  }
};

// Forces divided by separations, at `rows` squared separations that are evenly spaced from inner to outer
struct Table {
  const double *over_r;
  double inner, outer, per_row;
};

// The values at whole numbers from 0 to some 2^51
inline Lanes gather(const double *from, const Lanes &at)
{
  const double large = 0x1.8p52;
  const Whole whole = (Whole) (at + large) - (Whole) (Lanes{} + large);
#ifdef __AVX2__
  return (Lanes) _mm256_i64gather_pd(from, (__m256i) whole, 8);
#else
  Lanes lanes;
  for (int k = 0; k < LANES; k++) lanes[k] = from[whole[k]];
  return lanes;
#endif
}

// Sets the forces f of n particles at x; both hold all x, then all y, then all z, each `stride` long, a multiple of
// LANES. False where two are closer than the table's first separation (or are nowhere). The inner loop covers whole
// vectors; what is no pair (j <= i, or padding) has no force.
bool pair_forces(int n, int stride, double box, const double *x, const Table &table, double *f)
{
  const double *px = x, *py = x + stride, *pz = x + 2 * stride;
  double *fx = f, *fy = f + stride, *fz = f + 2 * stride;
  const double inner = table.inner, outer = table.outer, per_row = table.per_row, inverse_box = 1.0 / box;
  const double *over_r = table.over_r;
  const Whole lane = {0, 1, 2, 3};
  Whole close = {};
  for (int k = 0; k < 3 * stride; k++) f[k] = 0.0;
  for (int i = 0; i < n - 1; i++) {
    const double xi = px[i], yi = py[i], zi = pz[i];
    Lanes sx = {}, sy = {}, sz = {};
    for (int j = (i + 1) / LANES * LANES; j < stride; j += LANES) {
      Lanes dx = xi - load(px + j), dy = yi - load(py + j), dz = zi - load(pz + j);
      dx -= box * rounded(dx * inverse_box);
      dy -= box * rounded(dy * inverse_box);
      dz -= box * rounded(dz * inverse_box);
      const Lanes squared = dx * dx + dy * dy + dz * dz;
      const Whole pair = (j + lane > i) & (j + lane < n);
      close |= pair & ~(squared >= inner);
      const Whole inside = pair & (squared < outer) & (squared >= inner);
      if (!(inside[0] | inside[1] | inside[2] | inside[3])) continue;
      const Lanes at = keep(inside, (squared - inner) * per_row), row = keep(inside, rounded(at - 0.5));
      const Lanes first = gather(over_r, row), second = gather(over_r + 1, row);
      const Lanes strength = keep(inside, first + (at - row) * (second - first));
      sx += strength * dx;
      sy += strength * dy;
      sz += strength * dz;
      store(fx + j, load(fx + j) - strength * dx);
      store(fy + j, load(fy + j) - strength * dy);
      store(fz + j, load(fz + j) - strength * dz);
    }
    fx[i] += sum(sx);
    fy[i] += sum(sy);
    fz[i] += sum(sz);
  }
  for (int k = 0; k < LANES; k++)
    if (close[k]) return false;
  return true;
}

}    // namespace

// Moves n particles of mass 1 for `steps` steps. x (unwrapped), v and f hold all x, then all y, then all z, each `stride`
// long (n and padding, a multiple of 4); f is that of the step before and is kept between calls, as is the state of the
// random numbers (4 words). The temperature changes evenly from `hot` to `cold`. Every `every` steps x is appended to
// `frames` (0: never). Returns the steps done: fewer where two particles came closer than the table's first separation.
extern "C" __attribute__((visibility("default"))) long nanonet_langevin(
    int n, int stride, double box, double *x, double *v, double *f, long steps, double timestep, double damping,
    double hot, double cold, const double *over_r, int rows, double inner, double outer, uint64_t *state, long every,
    double *frames)
{
  const Table table = {over_r, inner, outer, (rows - 1) / (outer - inner)};
  const int m = 3 * stride;
  const double half = 0.5 * timestep, friction = 1.0 / damping;
  Random random = {state};
  for (long step = 1; step <= steps; step++) {
    const double noise = std::sqrt(24.0 * (hot + (cold - hot) * step / steps) / (damping * timestep));
    for (int k = 0; k < m; k++) {
      v[k] += half * f[k];
      x[k] += timestep * v[k];
    }
    if (!pair_forces(n, stride, box, x, table, f)) return step - 1;
    for (int d = 0; d < 3; d++)
      for (int k = d * stride; k < d * stride + n; k++) f[k] += noise * random.centred() - friction * v[k];
    for (int k = 0; k < m; k++) v[k] += half * f[k];
    if (every && step % every == 0) {
      for (int k = 0; k < m; k++) frames[k] = x[k];
      frames += m;
    }
  }
  return steps;
}
