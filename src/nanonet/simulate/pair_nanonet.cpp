// LAMMPS pair style lj/nanonet: Lennard-Jones with a cutoff of its own for every pair of types, for a melt with a few
// large particles. Loaded at run time with the command `plugin load`; compiled by nanonet.simulate.accelerate. With it
// come a bond style and a fix that do what fene and npt do, faster (fene.h, npt.h).
//
// The same potential as lj/cut with pair_modify shift, and the same forces to single precision. Type 1 is the monomer,
// of which there are many; every other type is a large particle, of which there are few. Monomers are kept in clusters
// of neighbours in space, as many as a vector has lanes; one particle meets a cluster at a time, without gathers and
// without branches, and every pair is met once. (Cluster pairs and pruned lists: Pall & Hess 2013,
// doi:10.1016/j.cpc.2013.06.003, and Pall et al. 2020, doi:10.1063/5.0018516; here one against a cluster.) LAMMPS does
// everything else, and builds no neighbour list for this style.
//
// Needs: newton on, bonded monomers left out of the pair potential (special_bonds fene), an orthogonal box divided into
// a regular grid of processors, no per-atom energies or virials.
// Part of nanonet, BSD-3-Clause; once loaded it runs as part of LAMMPS (GPL-2.0).

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "force.h"
#include "memory.h"
#include "neighbor.h"
#include "pair.h"

#include "fene.h"
#include "large.h"
#include "npt.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

using namespace LAMMPS_NS;

namespace {

// The lists in use reach this much beyond the cutoff (sigma), and are pruned anew when a monomer has moved half of it
constexpr double BUFFER = 0.3;

}    // namespace

namespace LAMMPS_NS {

class PairNanonet : public Pair {
 public:
  explicit PairNanonet(LAMMPS *lmp) : Pair(lmp)
  {
    restartinfo = 0;
    single_enable = 0;
    no_virial_fdotr_compute = 1;
    comm_forward = 3;
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
    if (atom->molecular != Atom::MOLECULAR)
      error->all(FLERR, "Pair style lj/nanonet requires an atom style with bonds");
    if (!force->newton_pair || !force->newton_bond) error->all(FLERR, "Pair style lj/nanonet requires newton on");
    if (force->special_lj[1] != 0.0 || force->special_lj[2] != 1.0 || force->special_lj[3] != 1.0)
      error->all(FLERR, "Pair style lj/nanonet requires special_bonds fene");
    if (domain->triclinic) error->all(FLERR, "Pair style lj/nanonet requires an orthogonal box");
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
    const bool anew = neighbor->ago == 0;
    if (anew)
      build();
    else
      cloud.place(atom->x, origin);
    const float far = static_cast<float>(0.5 * buffer());
    const Pruning pruning = anew ? BOTH : departure.left(cloud, far) ? SHORT : NONE;
    eflag_global ? interact<true>(pruning) : interact<false>(pruning);
  }

  // Ghosts learn where they are in the domain of their owner
  int pack_forward_comm(int n, int *list, double *buffer, int, int *) override
  {
    for (int k = 0; k < n; k++)
      for (int d = 0; d < 3; d++) buffer[3 * k + d] = home[list[k]][d];
    return 3 * n;
  }

  void unpack_forward_comm(int n, int first, double *buffer) override
  {
    for (int k = 0; k < n; k++)
      for (int d = 0; d < 3; d++) home[first + k][d] = buffer[3 * k + d];
  }

  double memory_usage() override
  {
    return Pair::memory_usage() + sizeof(Entry) * (within_skin.entries.size() + in_use.entries.size()) +
        3.0 * sizeof(Points) * cloud.size();
  }

 private:
  struct Bonded {
    int slot, before;    // of the same monomer, -1 for none
  };

  double default_cut = 0.0, origin[3] = {};
  std::vector<std::vector<Coefficients>> pairs;
  std::vector<std::array<double, 3>> home;    // of each particle, from the centre of its owner's domain
  Cloud cloud;                                // monomers
  std::vector<int> large;                     // atoms of other types, owned and ghost
  LargePairs large_pairs;
  std::vector<Bonded> bonded_to;              // the monomers that owned monomers are bonded to,
  std::vector<int> last_bonded;               // and the last of them of each
  Lists around;                               // the clusters around each large particle
  Lists within_skin;                          // the clusters that each owned monomer may meet until LAMMPS's next lists,
  Lists in_use;                               // and those until they are pruned again
  Departure departure;
  Virial w;

  double buffer() const { return std::min(BUFFER, neighbor->skin); }

  void build()
  {
    if (comm->layout == Comm::LAYOUT_TILED) error->all(FLERR, "Pair style lj/nanonet requires comm_style brick");
    for (int d = 0; d < 3; d++) origin[d] = 0.5 * (domain->sublo[d] + domain->subhi[d]);
    sort_particles();
    around.clear();
    for (int i : large) list_large(i);
    large_pairs.find(*atom, *domain, large, pairs, neighbor->skin);
    find_bonded();
    list_monomers();
  }

  void sort_particles()
  {
    const int in_all = atom->nlocal + atom->nghost;
    home.resize(in_all);
    for (int i = 0; i < atom->nlocal; i++)
      for (int d = 0; d < 3; d++) home[i][d] = atom->x[i][d] - origin[d];
    comm->forward_comm(this);
    std::vector<int> inner, outer;
    large.clear();
    for (int i = 0; i < in_all; i++)
      if (atom->type[i] != 1)
        large.push_back(i);
      else if (i < atom->nlocal)
        inner.push_back(i);
      else if (ahead(i))
        outer.push_back(i);
    double volume = 1.0;
    for (int d = 0; d < 3; d++) volume *= domain->subhi[d] - domain->sublo[d];
    cloud.sort(inner, outer, in_all, atom->x, origin, std::cbrt(W * volume / std::max<size_t>(inner.size(), 1)));
    if (cloud.size() > MOST_CLUSTERS) error->one(FLERR, "Pair style lj/nanonet: too many monomers for one processor");
  }

  // Of a pair across a border both sides have a ghost, in opposite directions: the one whose owner lies ahead counts.
  // The owner's domain decides, not the place of the ghost: under r-RESPA particles have moved since LAMMPS's lists.
  bool ahead(int i) const
  {
    for (int d = 2; d >= 0; d--) {
      const double to_owner = atom->x[i][d] - home[i][d] - origin[d];
      if (std::abs(to_owner) > 1.0e-6) return to_owner > 0.0;
    }
    return false;
  }

  void list_monomers()
  {
    within_skin.clear();
    Gathering gathering(cloud);
    const float reach = static_cast<float>(pairs[1][1].cut + neighbor->skin);
    for (int c = 0; c < cloud.owned; c++) {
      gathering.begin(c, reach);
      for (int lane = 0; lane < W; lane++)
        for (int n = last_bonded[c * W + lane]; n >= 0; n = bonded_to[n].before)
          gathering.exclude(lane, bonded_to[n].slot);
      gathering.append(reach, within_skin);
    }
    in_use.starts.resize(within_skin.starts.size());
    in_use.entries.resize(within_skin.entries.size());
  }

  void list_large(int i)
  {
    Box point;
    for (int d = 0; d < 3; d++) point.lo[d] = point.hi[d] = static_cast<float>(atom->x[i][d] - origin[d]);
    const double cut = pairs[1][atom->type[i]].cut;
    const auto found = [&](int c) { around.entries.push_back(Entry(c)); };
    if (cut > 0.0) cloud.near(point, static_cast<float>(cut + neighbor->skin), 0, false, found);
    around.end();
  }

  // What an owned monomer is bonded to, with its images within half of the box, it does not meet
  void find_bonded()
  {
    bonded_to.clear();
    last_bonded.assign(cloud.owned * W, -1);
    for (int i = 0; i < atom->nlocal; i++) {
      const int slot = cloud.slots[i];
      if (slot < 0) continue;
      for (int n = 0; n < atom->nspecial[i][0]; n++)
        for (int j = atom->map(atom->special[i][n]); j >= 0; j = atom->sametag[j]) {
          const bool monomer = cloud.slots[j] >= 0;
          if ((!monomer && atom->type[j] == 1) || !nearest_image(i, j)) continue;
          if (!monomer) {
            exclude_large(j, slot);
            continue;
          }
          bonded_to.push_back({cloud.slots[j], last_bonded[slot]});
          last_bonded[slot] = static_cast<int>(bonded_to.size()) - 1;
        }
    }
  }

  bool nearest_image(int i, int j) const
  {
    const double *a = atom->x[i], *b = atom->x[j];
    return !domain->minimum_image_check(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  }

  void exclude_large(int i, int slot)
  {
    const size_t k = std::find(large.begin(), large.end(), i) - large.begin();
    for (int n = around.starts[k]; n < around.starts[k + 1]; n++)
      if (around.entries[n].cluster() == slot / W) around.entries[n].leave_out(slot % W);
  }

  template <bool ENERGY> void interact(Pruning pruning)
  {
    w = Virial();
    double energy = large_pairs.meet(*atom, pairs, w) + large_meet_monomers<ENERGY>();
    if (pruning == NONE)
      energy += monomers_meet<ENERGY, NONE>(in_use);
    else if (pruning == SHORT)
      energy += monomers_meet<ENERGY, SHORT>(within_skin);
    else
      energy += monomers_meet<ENERGY, BOTH>(within_skin);
    hand_over();
    if (vflag_global) w.add(cloud);
    if (ENERGY) eng_vdwl += energy;
    if (vflag_global)
      for (int k = 0; k < 6; k++) virial[k] += w.w[k];
  }

  template <bool ENERGY> double large_meet_monomers()
  {
    double energy = 0.0;
    for (size_t k = 0; k < large.size(); k++) {
      const int i = large[k];
      double at[3];
      for (int d = 0; d < 3; d++) at[d] = atom->x[i][d] - origin[d];
      Particle<ENERGY> particle(at[0], at[1], at[2], pairs[1][atom->type[i]]);
      for (const Entry *entry = around.begin(k); entry < around.end(k); entry++)
        particle.meet(cloud.at[entry->cluster()], cloud.force[entry->cluster()], entry->lanes());
      const double total[3] = {sum(particle.fx), sum(particle.fy), sum(particle.fz)};
      for (int d = 0; d < 3; d++) atom->f[i][d] += total[d];
      w.add(1.0, at, total);
      if (ENERGY) energy += sum(particle.energy);
    }
    return energy;
  }

  template <bool ENERGY, Pruning PRUNING> double monomers_meet(Lists &lists)
  {
    double energy = 0.0;
    const Points *at = cloud.at.data();
    Points *force = cloud.force.data();
    Shortening<PRUNING> shortening(within_skin, in_use, pairs[1][1].cut, buffer(), neighbor->skin);
    if (PRUNING != NONE) departure.mark(cloud);
    for (int c = 0; c < cloud.owned; c++) {
      Points own;    // kept apart until the end: a store of one lane would hold up the loads of all that follow
      for (int lane = 0; lane < W; lane++) {
        const int slot = c * W + lane;
        const float *me = (const float *) &at[c] + lane;
        Particle<ENERGY> particle(me[0], me[W], me[2 * W], pairs[1][1]);
        const Entry *entry = lists.begin(slot), *end = lists.end(slot);
        for (; entry < end; entry++) {
          const Lanes squared = particle.meet(at[entry->cluster()], force[entry->cluster()], entry->lanes());
          shortening.judge(*entry, squared);
        }
        shortening.end(slot);
        float *total = (float *) &own + lane;
        total[0] = sum(particle.fx);
        total[W] = sum(particle.fy);
        total[2 * W] = sum(particle.fz);
        if (ENERGY) energy += sum(particle.energy);
      }
      force[c].x += own.x;
      force[c].y += own.y;
      force[c].z += own.z;
    }
    shortening.finish();
    return energy;
  }

  // Add the clusters' forces to those of the atoms
  void hand_over()
  {
    double *f = atom->f[0];
    for (int c = 0; c < cloud.size(); c++) {
      const float *lanes = (const float *) &cloud.force[c];
      const int *atoms = &cloud.atoms[c * W];
      for (int lane = 0; lane < W; lane++) {
        if (atoms[lane] < 0) break;    // the empty lanes are the last
        double *total = f + 3 * atoms[lane];
        total[0] += lanes[lane];
        total[1] += lanes[W + lane];
        total[2] += lanes[2 * W + lane];
      }
    }
  }
};

}    // namespace LAMMPS_NS

// What LAMMPS expects of a plugin (LAMMPS manual, Writing plugins)
struct Plugin {
  const char *version, *style, *name, *info, *author;
  void *creator;
  void *handle;
};

template <class Style> void *create(LAMMPS *lmp)
{
  return new Style(lmp);
}

static void *create_fix(LAMMPS *lmp, int narg, char **arg)
{
  return new FixNanonet(lmp, narg, arg);
}

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle, void *register_plugin)
{
  const char *pair = "Lennard-Jones for a melt with large particles", *bond = "FENE bonds, many at a time",
             *fix = "constant temperature and pressure, in whole vectors";
  Plugin plugins[] = {{LAMMPS_HEADERS, "pair", "lj/nanonet", pair, "nanonet", (void *) create<PairNanonet>, handle},
                      {LAMMPS_HEADERS, "bond", "fene/nanonet", bond, "nanonet", (void *) create<BondNanonet>, handle},
                      {LAMMPS_HEADERS, "fix", "npt/nanonet", fix, "nanonet", (void *) create_fix, handle}};
  for (Plugin &plugin : plugins) ((void (*)(Plugin *, void *)) register_plugin)(&plugin, lmp);
}
