// LAMMPS bond style fene/nanonet: as fene, many bonds at a time. For pair_nanonet.cpp alone

#pragma once

#include "atom.h"
#include "bond.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "memory.h"
#include "neighbor.h"
#include "update.h"

#include "lanes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace {

using namespace LAMMPS_NS;

constexpr int PACK = W / 2;    // bonds at a time, in double precision
typedef double Doubles __attribute__((vector_size(8 * PACK)));
typedef long long Truths __attribute__((vector_size(8 * PACK)));    // all bits of a lane, or none

inline double sum(Doubles value)
{
  double total = 0.0;
  for (int lane = 0; lane < PACK; lane++) total += value[lane];
  return total;
}

// Bonds of one type that are computed together
struct Bunch {
  static constexpr int MOST = 64;
  int count = 0;
  double dx[MOST], dy[MOST], dz[MOST], strength[MOST];

  static Doubles load(const double *from)
  {
    Doubles value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
};

struct FeneCoefficients {
  double k, r0, epsilon, sigma;
};

class BondNanonet : public Bond {
 public:
  explicit BondNanonet(LAMMPS *lmp) : Bond(lmp) {}

  ~BondNanonet() override
  {
    if (allocated && !copymode) memory->destroy(setflag);
  }

  void coeff(int narg, char **arg) override
  {
    if (narg != 5) error->all(FLERR, "Bond style fene/nanonet expects: type K R0 epsilon sigma");
    allocate();
    int lo, hi;
    utils::bounds(FLERR, arg[0], 1, atom->nbondtypes, lo, hi, error);
    FeneCoefficients given;
    double *const fields[4] = {&given.k, &given.r0, &given.epsilon, &given.sigma};
    for (int n = 0; n < 4; n++) *fields[n] = utils::numeric(FLERR, arg[n + 1], false, lmp);
    for (int type = lo; type <= hi; type++) {
      types[type] = given;
      setflag[type] = 1;
    }
  }

  void init_style() override
  {
    if (force->special_lj[1] != 0.0 || force->special_lj[2] != 1.0 || force->special_lj[3] != 1.0)
      error->all(FLERR, "Bond style fene/nanonet requires special_bonds fene");
    if (!force->newton_bond) error->all(FLERR, "Bond style fene/nanonet requires newton on");
  }

  double equilibrium_distance(int type) override { return 0.97 * types[type].sigma; }

  void compute(int eflag, int vflag) override
  {
    ev_init(eflag, vflag);
    if (eflag_atom || vflag_atom) error->all(FLERR, "Bond style fene/nanonet has no per-atom energies or virials");
    const int count = neighbor->nbondlist;
    const int *bonds = count ? neighbor->bondlist[0] : nullptr;
    Doubles w[6] = {};
    for (int first = 0; first < count; first += bunch.count) {
      take(bonds + 3 * first, count - first);
      const FeneCoefficients &c = types[bonds[3 * first + 2]];
      stretch(c, bonds + 3 * first);
      pull(bonds + 3 * first);
      if (vflag_global) add_virial(w);
      if (eflag_global)
        for (int n = 0; n < bunch.count; n++) energy += of_one(c, squared(n));
    }
    if (vflag_global)
      for (int k = 0; k < 6; k++) virial[k] += sum(w[k]);
  }

  double single(int type, double rsq, int, int, double &strength) override
  {
    strength = strength_of_one(types[type], rsq);
    return of_one(types[type], rsq);
  }

  // In the order of fene, which can read what this writes, and the other way round
  void write_restart(FILE *file) override
  {
    for (double FeneCoefficients::*field : FIELDS)
      for (int type = 1; type <= atom->nbondtypes; type++) fwrite(&(types[type].*field), sizeof(double), 1, file);
  }

  void read_restart(FILE *file) override
  {
    allocate();
    for (double FeneCoefficients::*field : FIELDS)
      for (int type = 1; type <= atom->nbondtypes; type++) {
        double &value = types[type].*field;
        if (comm->me == 0) utils::sfread(FLERR, &value, sizeof(double), 1, file, nullptr, error);
        MPI_Bcast(&value, 1, MPI_DOUBLE, 0, world);
        setflag[type] = 1;
      }
  }

  void write_data(FILE *file) override
  {
    for (int type = 1; type <= atom->nbondtypes; type++) {
      const FeneCoefficients &c = types[type];
      fprintf(file, "%d %g %g %g %g\n", type, c.k, c.r0, c.epsilon, c.sigma);
    }
  }

 private:
  static constexpr double LEAST = 0.1;          // of 1 - (r/R0)^2: below it LAMMPS warns and takes this value
  static constexpr double BROKEN = -3.0;        // here it stops
  static constexpr double CUBE_ROOT_2 = 1.2599210498948732;
  static constexpr double FeneCoefficients::*FIELDS[4] = {&FeneCoefficients::k, &FeneCoefficients::r0,
                                                          &FeneCoefficients::epsilon, &FeneCoefficients::sigma};
  std::vector<FeneCoefficients> types;
  Bunch bunch;

  void allocate()
  {
    if (allocated) return;
    allocated = 1;
    memory->create(setflag, atom->nbondtypes + 1, "bond:setflag");
    std::fill(setflag, setflag + atom->nbondtypes + 1, 0);
    types.resize(atom->nbondtypes + 1);
  }

  double squared(int n) const
  {
    return bunch.dx[n] * bunch.dx[n] + bunch.dy[n] * bunch.dy[n] + bunch.dz[n] * bunch.dz[n];
  }

  // The next bonds of one type; the lanes left over repeat the last
  void take(const int *bonds, int left)
  {
    const double *x = atom->x[0];
    const int most = std::min(left, Bunch::MOST), type = bonds[2];
    int n = 0;
    for (; n < most && bonds[3 * n + 2] == type; n++) {
      const double *a = x + 3 * bonds[3 * n], *b = x + 3 * bonds[3 * n + 1];
      bunch.dx[n] = a[0] - b[0];
      bunch.dy[n] = a[1] - b[1];
      bunch.dz[n] = a[2] - b[2];
    }
    bunch.count = n;
    for (; n % PACK; n++) {
      bunch.dx[n] = bunch.dx[n - 1];
      bunch.dy[n] = bunch.dy[n - 1];
      bunch.dz[n] = bunch.dz[n - 1];
    }
  }

  // Forces over distances
  void stretch(const FeneCoefficients &c, const int *bonds)
  {
    const double s2 = c.sigma * c.sigma, s6 = s2 * s2 * s2, core = CUBE_ROOT_2 * s2, over_r0 = 1.0 / (c.r0 * c.r0);
    const double force12 = 48.0 * c.epsilon * s6 * s6, force6 = 24.0 * c.epsilon * s6;
    Truths long_ones = {};
    for (int n = 0; n < bunch.count; n += PACK) {
      const Doubles dx = Bunch::load(bunch.dx + n), dy = Bunch::load(bunch.dy + n), dz = Bunch::load(bunch.dz + n);
      const Doubles rsq = dx * dx + dy * dy + dz * dz;
      const Doubles left = 1.0 - rsq * over_r0;
      const Doubles both = 1.0 / (left * rsq);    // one division for the two inverses
      const Doubles inverse2 = both * left, inverse6 = inverse2 * inverse2 * inverse2;
      const Doubles wca = inverse2 * inverse6 * (force12 * inverse6 - force6);
      const Truths inside = rsq < core;
      const Doubles strength = (Doubles) (inside & (Truths) wca) - c.k * (both * rsq);
      std::memcpy(bunch.strength + n, &strength, sizeof strength);
      long_ones |= left < LEAST;
    }
    bool any = false;
    for (int lane = 0; lane < PACK; lane++) any |= long_ones[lane] != 0;
    if (any) check(c, bonds);
    for (int n = bunch.count; n % PACK; n++) bunch.strength[n] = 0.0;
  }

  // As LAMMPS does with bonds that are too long
  void check(const FeneCoefficients &c, const int *bonds)
  {
    for (int n = 0; n < bunch.count; n++) {
      const double rsq = squared(n), left = 1.0 - rsq / (c.r0 * c.r0);
      if (left >= LEAST) continue;
      error->warning(FLERR, "FENE bond too long: {} {} {} {:.8}", update->ntimestep, atom->tag[bonds[3 * n]],
                     atom->tag[bonds[3 * n + 1]], std::sqrt(rsq));
      if (left <= BROKEN) error->one(FLERR, "Bad FENE bond");
      bunch.strength[n] = strength_of_one(c, rsq);
    }
  }

  void pull(const int *bonds)
  {
    double *f = atom->f[0];
    for (int n = 0; n < bunch.count; n++) {
      double *a = f + 3 * bonds[3 * n], *b = f + 3 * bonds[3 * n + 1];
      const double fx = bunch.strength[n] * bunch.dx[n], fy = bunch.strength[n] * bunch.dy[n],
                   fz = bunch.strength[n] * bunch.dz[n];
      a[0] += fx;
      a[1] += fy;
      a[2] += fz;
      b[0] -= fx;
      b[1] -= fy;
      b[2] -= fz;
    }
  }

  void add_virial(Doubles *w) const
  {
    for (int n = 0; n < bunch.count; n += PACK) {
      const Doubles dx = Bunch::load(bunch.dx + n), dy = Bunch::load(bunch.dy + n), dz = Bunch::load(bunch.dz + n);
      const Doubles strength = Bunch::load(bunch.strength + n);
      w[0] += strength * dx * dx;
      w[1] += strength * dy * dy;
      w[2] += strength * dz * dz;
      w[3] += strength * dx * dy;
      w[4] += strength * dx * dz;
      w[5] += strength * dy * dz;
    }
  }

  static double strength_of_one(const FeneCoefficients &c, double rsq)
  {
    const double left = std::max(LEAST, 1.0 - rsq / (c.r0 * c.r0)), s2 = c.sigma * c.sigma;
    const double s6 = std::pow(s2 / rsq, 3.0);
    return -c.k / left + (rsq < CUBE_ROOT_2 * s2 ? 48.0 * c.epsilon * s6 * (s6 - 0.5) / rsq : 0.0);
  }

  static double of_one(const FeneCoefficients &c, double rsq)
  {
    const double left = std::max(LEAST, 1.0 - rsq / (c.r0 * c.r0)), s2 = c.sigma * c.sigma;
    const double s6 = std::pow(s2 / rsq, 3.0);
    const double core = rsq < CUBE_ROOT_2 * s2 ? 4.0 * c.epsilon * s6 * (s6 - 1.0) + c.epsilon : 0.0;
    return core - 0.5 * c.k * c.r0 * c.r0 * std::log(left);
  }
};

}    // namespace
