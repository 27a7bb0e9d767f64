// LAMMPS pair style lj/nanonet: Lennard-Jones with a cutoff of its own for every pair of types, for a melt with a few
// large particles. Loaded at run time with the command `plugin load`; compiled by nanonet.simulate.accelerate.
//
// The same potential as lj/cut with pair_modify shift, and the same forces to single precision. Type 1 is the monomer,
// of which there are many; every other type is a large particle, of which there are few. Monomers are kept in clusters
// of eight neighbours in space; one monomer meets eight at a time in the lanes of a vector, without gathers and without
// branches. (Cluster pairs: Pall & Hess 2013, doi:10.1016/j.cpc.2013.06.003; here one against eight.) LAMMPS does
// everything else, and builds no neighbour list for this style.
//
// Needs: newton on, bonded monomers left out of the pair potential (special_bonds fene), no per-atom energies or virials.
// Part of nanonet, BSD-3-Clause; once loaded it runs as part of LAMMPS (GPL-2.0).

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "force.h"
#include "memory.h"
#include "neighbor.h"
#include "pair.h"

#include "clusters.h"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace LAMMPS_NS;

namespace {

struct Coefficients {    // of one pair of types, ready for use
  double cut = 0.0;
  float cutsq, force12, force6, energy12, energy6, offset;
};

struct Lists {    // the clusters that each point meets
  std::vector<int> starts, clusters;
};

}    // namespace

namespace LAMMPS_NS {

class PairNanonet : public Pair {
 public:
  explicit PairNanonet(LAMMPS *lmp) : Pair(lmp)
  {
    restartinfo = 0;
    single_enable = 0;
    no_virial_fdotr_compute = 1;
  }

  ~PairNanonet() override
  {
    if (!allocated) return;
    memory->destroy(setflag);
    memory->destroy(cutsq);
  }

  void settings(int narg, char **arg) override
  {
    if (narg != 1) error->all(FLERR, "Pair style lj/nanonet expects one argument: the default cutoff");
    default_cut = utils::numeric(FLERR, arg[0], false, lmp);
  }

  void coeff(int narg, char **arg) override
  {
    if (narg != 4 && narg != 5) error->all(FLERR, "Pair style lj/nanonet expects: types epsilon sigma [cutoff]");
    const int n = atom->ntypes;
    if (!allocated) {
      allocated = 1;
      memory->create(setflag, n + 1, n + 1, "pair:setflag");
      memory->create(cutsq, n + 1, n + 1, "pair:cutsq");
      for (int i = 1; i <= n; i++)
        for (int j = i; j <= n; j++) setflag[i][j] = 0;
      pairs.assign(n + 1, std::vector<Coefficients>(n + 1));
    }
    int ilo, ihi, jlo, jhi;
    utils::bounds(FLERR, arg[0], 1, n, ilo, ihi, error);
    utils::bounds(FLERR, arg[1], 1, n, jlo, jhi, error);
    const double epsilon = utils::numeric(FLERR, arg[2], false, lmp);
    const double sigma = utils::numeric(FLERR, arg[3], false, lmp);
    Coefficients c;
    c.cut = narg == 5 ? utils::numeric(FLERR, arg[4], false, lmp) : default_cut;
    const double s6 = std::pow(sigma, 6.0), r6 = std::pow(c.cut, -6.0);
    c.cutsq = static_cast<float>(c.cut * c.cut);
    c.force12 = static_cast<float>(48.0 * epsilon * s6 * s6);
    c.force6 = static_cast<float>(24.0 * epsilon * s6);
    c.energy12 = static_cast<float>(4.0 * epsilon * s6 * s6);
    c.energy6 = static_cast<float>(4.0 * epsilon * s6);
    c.offset = offset_flag && c.cut > 0 ? static_cast<float>(4.0 * epsilon * (s6 * s6 * r6 * r6 - s6 * r6)) : 0.0f;
    for (int i = ilo; i <= ihi; i++)
      for (int j = std::max(jlo, i); j <= jhi; j++) {
        pairs[i][j] = pairs[j][i] = c;
        setflag[i][j] = 1;
      }
  }

  void init_style() override
  {
    if (!force->newton_pair || !force->newton_bond) error->all(FLERR, "Pair style lj/nanonet requires newton on");
    if (force->special_lj[1] != 0.0 || force->special_lj[2] != 1.0 || force->special_lj[3] != 1.0)
      error->all(FLERR, "Pair style lj/nanonet requires special_bonds fene");
  }

  double init_one(int i, int j) override
  {
    if (!setflag[i][j]) error->all(FLERR, "Pair style lj/nanonet: not all pair coeffs are set");
    return pairs[i][j].cut;
  }

  void compute(int eflag, int vflag) override
  {
    ev_init(eflag, vflag);
    if (eflag_atom || vflag_atom || cvflag_atom)
      error->all(FLERR, "Pair style lj/nanonet has no per-atom energies or virials");
    if (neighbor->ago == 0) {
      build();
    } else {
      owned.place(atom->x, origin);
      ghosts.place(atom->x, origin);
    }
    if (eflag_global)
      interact<true>();
    else
      interact<false>();
  }

  double memory_usage() override
  {
    return Pair::memory_usage() + 4.0 * (monomers.clusters.size() + outside.clusters.size() + around.clusters.size()) +
        28.0 * W * (owned.size() + ghosts.size());
  }

 private:
  double default_cut = 0.0, origin[3] = {};
  std::vector<std::vector<Coefficients>> pairs;
  Cloud owned, ghosts;             // monomers
  std::vector<int> large;          // atoms of other types, owned and ghost
  Lists monomers, outside, around; // of each owned monomer: owned, ghosts; of each large particle: owned

  // Whether an owned atom has a bond with another
  bool bonded(int i, int j) const
  {
    const tagint *first = atom->special[i];
    return std::find(first, first + atom->nspecial[i][0], atom->tag[j]) != first + atom->nspecial[i][0];
  }

  void build()
  {
    for (int d = 0; d < 3; d++) origin[d] = 0.5 * (domain->sublo[d] + domain->subhi[d]);
    std::vector<int> inner, outer;
    large.clear();
    const int all_atoms = atom->nlocal + atom->nghost;
    for (int i = 0; i < all_atoms; i++)
      if (atom->type[i] == 1)
        (i < atom->nlocal ? inner : outer).push_back(i);
      else
        large.push_back(i);
    double volume = 1.0;
    for (int d = 0; d < 3; d++) volume *= domain->subhi[d] - domain->sublo[d];
    const double edge = std::cbrt(W * volume / std::max<size_t>(inner.size(), 1));
    owned.sort(inner, atom->x, origin, edge);
    ghosts.sort(outer, atom->x, origin, edge);

    const float reach = static_cast<float>(pairs[1][1].cut + neighbor->skin);
    meet(owned, reach, true, monomers);
    meet(ghosts, reach, false, outside);
    around.starts.assign(1, 0);
    around.clusters.clear();
    for (int i : large) {
      Box point;
      for (int d = 0; d < 3; d++) point.lo[d] = point.hi[d] = static_cast<float>(atom->x[i][d] - origin[d]);
      const double cut = pairs[1][atom->type[i]].cut;
      if (cut > 0.0)
        owned.near(point, static_cast<float>(cut + neighbor->skin), 0, [&](int c) { around.clusters.push_back(c); });
      around.starts.push_back(static_cast<int>(around.clusters.size()));
    }
  }

  // The clusters of `others` within reach of each owned monomer; with `half` only those behind its own cluster
  void meet(const Cloud &others, float reach, bool half, Lists &lists)
  {
    lists.starts.assign(1, 0);
    lists.clusters.clear();
    std::vector<int> candidates, found[W];
    const Lanes limit = all(reach * reach);
    for (int c = 0; c < owned.size(); c++) {
      candidates.clear();
      others.near(owned.boxes[c], reach, half ? c + 1 : 0, [&](int other) { candidates.push_back(other); });
      for (auto &lane : found)
        if (lane.size() <= candidates.size()) lane.resize(2 * candidates.size() + 1);
      const Lanes x = owned.x[c], y = owned.y[c], z = owned.z[c];
      Mask counts = {};
      for (int other : candidates) {
        const Box &box = others.boxes[other];
        const Lanes dx = beyond(x, box.lo[0], box.hi[0]);
        const Lanes dy = beyond(y, box.lo[1], box.hi[1]);
        const Lanes dz = beyond(z, box.lo[2], box.hi[2]);
        const Mask close = dx * dx + dy * dy + dz * dz < limit;
        for (int lane = 0; lane < W; lane++) found[lane][counts[lane]] = other;    // kept only if it counts
        counts -= close;
      }
      for (int lane = 0; lane < W; lane++) {
        lists.clusters.insert(lists.clusters.end(), found[lane].begin(), found[lane].begin() + counts[lane]);
        lists.starts.push_back(static_cast<int>(lists.clusters.size()));
      }
    }
  }

  // One point against clusters: forces on the clusters are added to theirs, the force on the point to `total`
  template <bool ENERGY> struct Point {
    Lanes x, y, z, fx = {}, fy = {}, fz = {}, energy = {};
    const Lanes cutsq, force12, force6, energy12, energy6, offset;

    Point(float px, float py, float pz, const Coefficients &c) :
        x(all(px)), y(all(py)), z(all(pz)), cutsq(all(c.cutsq)), force12(all(c.force12)), force6(all(c.force6)),
        energy12(all(c.energy12)), energy6(all(c.energy6)), offset(all(c.offset))
    {
    }

    inline void operator()(Cloud &cloud, int c, Mask allowed)
    {
      const Lanes dx = x - cloud.x[c], dy = y - cloud.y[c], dz = z - cloud.z[c];
      const Lanes squared = dx * dx + dy * dy + dz * dz;
      const Mask inside = (squared < cutsq) & allowed;
      const Lanes inverse = 1.0f / squared;
      const Lanes inverse6 = inverse * inverse * inverse;
      const Lanes strength = keep(inside, inverse * inverse6 * (force12 * inverse6 - force6));
      if (ENERGY) energy += keep(inside, inverse6 * (energy12 * inverse6 - energy6) - offset);
      const Lanes x_force = strength * dx, y_force = strength * dy, z_force = strength * dz;
      fx += x_force;
      fy += y_force;
      fz += z_force;
      cloud.fx[c] -= x_force;
      cloud.fy[c] -= y_force;
      cloud.fz[c] -= z_force;
    }
  };

  template <bool ENERGY> void interact()
  {
    double **x = atom->x, **f = atom->f;
    const int *type = atom->type;
    const Mask always = LANE >= 0;
    double energy = 0.0, w[6] = {};    // the virial xx, yy, zz, xy, xz, yz
    const auto add_virial = [&w](double weight, double a, double b, double c, double fa, double fb, double fc) {
      w[0] += weight * a * fa;
      w[1] += weight * b * fb;
      w[2] += weight * c * fc;
      w[3] += weight * b * fa;
      w[4] += weight * c * fa;
      w[5] += weight * c * fb;
    };

    // a large particle, owned or ghost, meets the owned monomers
    for (size_t k = 0; k < large.size(); k++) {
      const int i = large[k];
      const double at[3] = {x[i][0] - origin[0], x[i][1] - origin[1], x[i][2] - origin[2]};
      Point<ENERGY> point(static_cast<float>(at[0]), static_cast<float>(at[1]), static_cast<float>(at[2]),
                          pairs[1][type[i]]);
      for (int n = around.starts[k]; n < around.starts[k + 1]; n++) point(owned, around.clusters[n], always);
      const double fx = sum(point.fx), fy = sum(point.fy), fz = sum(point.fz);
      f[i][0] += fx;
      f[i][1] += fy;
      f[i][2] += fz;
      add_virial(1.0, at[0], at[1], at[2], fx, fy, fz);
      if (ENERGY) energy += sum(point.energy);
    }

    // an owned monomer meets those behind it, and the ghosts: what it meets among those is counted by their owner too
    const float *px = (float *) owned.x.data(), *py = (float *) owned.y.data(), *pz = (float *) owned.z.data();
    float *fx = (float *) owned.fx.data(), *fy = (float *) owned.fy.data(), *fz = (float *) owned.fz.data();
    const Coefficients &mm = pairs[1][1];
    for (size_t k = 0; k < owned.atoms.size(); k++) {
      const int i = owned.atoms[k];
      if (i < 0) continue;
      Point<ENERGY> point(px[k], py[k], pz[k], mm);
      point(owned, static_cast<int>(k) / W, LANE > static_cast<int>(k) % W);
      for (int n = monomers.starts[k]; n < monomers.starts[k + 1]; n++) point(owned, monomers.clusters[n], always);
      fx[k] += static_cast<float>(sum(point.fx));
      fy[k] += static_cast<float>(sum(point.fy));
      fz[k] += static_cast<float>(sum(point.fz));
      if (ENERGY) energy += sum(point.energy);
      if (outside.starts[k] == outside.starts[k + 1]) continue;
      Point<ENERGY> border(px[k], py[k], pz[k], mm);
      for (int n = outside.starts[k]; n < outside.starts[k + 1]; n++) border(ghosts, outside.clusters[n], always);
      const double bx = sum(border.fx), by = sum(border.fy), bz = sum(border.fz);
      f[i][0] += bx;
      f[i][1] += by;
      f[i][2] += bz;
      add_virial(0.5, px[k], py[k], pz[k], bx, by, bz);
      if (ENERGY) energy += 0.5 * sum(border.energy);
    }
    for (size_t k = 0; k < owned.atoms.size(); k++) {
      const int i = owned.atoms[k];
      if (i < 0) continue;
      f[i][0] += fx[k];
      f[i][1] += fy[k];
      f[i][2] += fz[k];
      add_virial(1.0, px[k], py[k], pz[k], fx[k], fy[k], fz[k]);
    }
    if (vflag_global)
      for (int c = 0; c < ghosts.size(); c++)
        for (int lane = 0; lane < W; lane++)
          add_virial(0.5, ghosts.x[c][lane], ghosts.y[c][lane], ghosts.z[c][lane], ghosts.fx[c][lane],
                     ghosts.fy[c][lane], ghosts.fz[c][lane]);

    // large particles meet one another: each owned one all the others but those that it is bonded to
    for (int i : large) {
      if (i >= atom->nlocal) continue;
      for (int j : large) {
        const Coefficients &c = pairs[type[i]][type[j]];
        const double dx = x[i][0] - x[j][0], dy = x[i][1] - x[j][1], dz = x[i][2] - x[j][2];
        const double squared = dx * dx + dy * dy + dz * dz;
        if (i == j || squared >= c.cut * c.cut || bonded(i, j)) continue;
        const double inverse = 1.0 / squared, inverse6 = inverse * inverse * inverse;
        const double strength = inverse * inverse6 * (c.force12 * inverse6 - c.force6);
        f[i][0] += strength * dx;
        f[i][1] += strength * dy;
        f[i][2] += strength * dz;
        add_virial(0.5, dx, dy, dz, strength * dx, strength * dy, strength * dz);
        if (ENERGY) energy += 0.5 * (inverse6 * (c.energy12 * inverse6 - c.energy6) - c.offset);
      }
    }

    // bonded monomers met above, and should not have: taken back in the same single precision
    for (int n = 0; n < neighbor->nbondlist; n++) {
      const int i = neighbor->bondlist[n][0], j = neighbor->bondlist[n][1];
      if (type[i] != 1 && type[j] != 1) continue;
      const Coefficients &c = pairs[type[i]][type[j]];
      float d[3];
      for (int k = 0; k < 3; k++)
        d[k] = static_cast<float>(x[i][k] - origin[k]) - static_cast<float>(x[j][k] - origin[k]);
      const float squared = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
      if (squared >= c.cutsq) continue;
      const float inverse = 1.0f / squared, inverse6 = inverse * inverse * inverse;
      const float strength = inverse * inverse6 * (c.force12 * inverse6 - c.force6);
      double pull[3];
      for (int k = 0; k < 3; k++) {
        pull[k] = static_cast<double>(strength * d[k]);
        f[i][k] -= pull[k];
        f[j][k] += pull[k];
      }
      add_virial(-1.0, d[0], d[1], d[2], pull[0], pull[1], pull[2]);
      if (ENERGY) energy -= inverse6 * (c.energy12 * inverse6 - c.energy6) - c.offset;
    }

    if (ENERGY) eng_vdwl += energy;
    if (vflag_global)
      for (int k = 0; k < 6; k++) virial[k] += w[k];
  }
};

}    // namespace LAMMPS_NS

// What LAMMPS expects of a plugin (LAMMPS manual, Writing plugins)
struct Plugin {
  const char *version, *style, *name, *info, *author;
  void *(*creator)(LAMMPS *);
  void *handle;
};

static void *create(LAMMPS *lmp)
{
  return new PairNanonet(lmp);
}

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle, void *register_plugin)
{
  Plugin plugin = {LAMMPS_HEADERS, "pair", "lj/nanonet", "Lennard-Jones for a melt with large particles", "nanonet",
                   create, handle};
  ((void (*)(Plugin *, void *)) register_plugin)(&plugin, lmp);
}
