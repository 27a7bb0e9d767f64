// LAMMPS fix npt/nanonet: as npt for all particles at one temperature and one pressure, with loops over whole vectors.
// For pair_nanonet.cpp alone

#pragma once

#include "atom.h"
#include "comm.h"
#include "compute.h"
#include "domain.h"
#include "error.h"
#include "fix.h"
#include "force.h"
#include "modify.h"
#include "neighbor.h"
#include "update.h"

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace LAMMPS_NS;

// A chain of three Nose-Hoover thermostats: on the particles, or on the box
struct Chain {
  static constexpr int N = 3;
  double at[N] = {}, speed[N + 1] = {}, pull[N] = {}, mass[N] = {};    // beyond the last there is one at rest

  void weigh(double first, double others, double kt)
  {
    for (int n = 0; n < N; n++) mass[n] = n ? others : first;
    for (int n = 1; n < N; n++) pull[n] = (mass[n - 1] * speed[n - 1] * speed[n - 1] - kt) / mass[n];
  }

  // Half a step, from the last thermostat to the first and back. `twice_kinetic` is the energy of what the first one
  // holds, which should be `target`. Returns by what its speeds are multiplied.
  double advance(double dt, double twice_kinetic, double target, double kt)
  {
    pull[0] = (twice_kinetic - target) / mass[0];
    for (int n = N - 1; n >= 0; n--) turn(n, dt);
    const double factor = std::exp(-0.5 * dt * speed[0]);
    for (int n = 0; n < N; n++) at[n] += 0.5 * dt * speed[n];
    pull[0] = (twice_kinetic * factor * factor - target) / mass[0];
    for (int n = 0; n < N; n++) {
      if (n) pull[n] = (mass[n - 1] * speed[n - 1] * speed[n - 1] - kt) / mass[n];
      turn(n, dt);
    }
    return factor;
  }

 private:
  void turn(int n, double dt)
  {
    const double slowed = std::exp(-0.125 * dt * speed[n + 1]);
    speed[n] = (speed[n] * slowed + 0.25 * dt * pull[n]) * slowed;
  }
};

// Equations of motion: Martyna, Tobias, Klein 1994 (doi:10.1063/1.467468), in the order of Tuckerman et al. 2006
// (doi:10.1088/0305-4470/39/19/S18), as LAMMPS has them: one may go on where the other stopped.
class FixNanonet : public Fix {
 public:
  FixNanonet(LAMMPS *lmp, int narg, char **arg) : Fix(lmp, narg, arg)
  {
    const auto number = [&](int n) { return utils::numeric(FLERR, arg[n], false, lmp); };
    if (narg != 13 || std::string(arg[3]) != "temp" || std::string(arg[7]) != "iso" ||
        std::string(arg[11]) != "substeps")
      error->all(FLERR, "Fix npt/nanonet expects: temp T T damping iso P P damping substeps N");
    if (igroup != 0 || domain->triclinic || domain->dimension != 3 || domain->nonperiodic)
      error->all(FLERR, "Fix npt/nanonet is for all particles in an orthogonal periodic box");
    if (number(4) != number(5) || number(8) != number(9))
      error->all(FLERR, "Fix npt/nanonet knows constant temperatures and pressures only");
    target = number(4);
    temperature_rate = 1.0 / number(6);
    target_pressure = number(8);
    pressure_rate = 1.0 / number(10);
    substeps = utils::inumeric(FLERR, arg[12], false, lmp);
    restart_global = time_integrate = no_change_box = 1;
    box_change = BOX_CHANGE_SIZE;
    for (int d = 0; d < 3; d++) centre[d] = 0.5 * (domain->boxlo[d] + domain->boxhi[d]);
    const std::string name = id;
    temperature = modify->add_compute(name + "_temp all temp");
    pressure = modify->add_compute(name + "_press all pressure " + name + "_temp");
  }

  ~FixNanonet() override
  {
    modify->delete_compute(std::string(id) + "_temp");
    modify->delete_compute(std::string(id) + "_press");
  }

  int setmask() override
  {
    using namespace FixConst;
    return INITIAL_INTEGRATE | FINAL_INTEGRATE | INITIAL_INTEGRATE_RESPA | FINAL_INTEGRATE_RESPA;
  }

  void init() override
  {
    if (atom->rmass) error->all(FLERR, "Fix npt/nanonet requires masses of types");
    if (first_volume == 0.0) first_volume = volume();
  }

  void setup(int) override
  {
    kt = force->boltz * target;
    const double of_box = kt / (pressure_rate * pressure_rate), of_one = kt / (temperature_rate * temperature_rate);
    freedom = temperature->dof;
    on_particles.weigh(freedom * of_one, of_one, kt);
    on_box.weigh(of_box, of_box, kt);
    box_mass = (atom->natoms + 1.0) * of_box;
    twice_kinetic = temperature->compute_scalar() * freedom * force->boltz;
    measure_pressure();
  }

  void initial_integrate(int) override
  {
    begin();
    drift(update->dt, 0.0);
  }

  void final_integrate() override { end(); }

  // The inner level is number 0: forces there are those of bonds
  void initial_integrate_respa(int, int level, int) override
  {
    if (level > 0)
      begin();
    else
      drift(update->dt / substeps, 0.5 * update->dt / substeps);
  }

  void final_integrate_respa(int level, int) override
  {
    if (level > 0)
      end();
    else
      kick(1.0, 0.5 * update->dt / substeps);
  }

  // In the order of npt, which can read what this writes, and the other way round
  void write_restart(FILE *file) override
  {
    std::vector<double> list = {1.0, Chain::N};
    list.insert(list.end(), on_particles.at, on_particles.at + Chain::N);
    list.insert(list.end(), on_particles.speed, on_particles.speed + Chain::N);
    list.insert(list.end(), {1.0, strain, strain, strain, 0.0, 0.0, 0.0});
    list.insert(list.end(), {strain_rate, strain_rate, strain_rate, 0.0, 0.0, 0.0});
    list.insert(list.end(), {first_volume, first_temperature, Chain::N});
    list.insert(list.end(), on_box.at, on_box.at + Chain::N);
    list.insert(list.end(), on_box.speed, on_box.speed + Chain::N);
    list.push_back(0.0);
    if (comm->me) return;
    const int bytes = static_cast<int>(list.size() * sizeof(double));
    fwrite(&bytes, sizeof bytes, 1, file);
    fwrite(list.data(), sizeof(double), list.size(), file);
  }

  void restart(char *buffer) override
  {
    const double *list = (double *) buffer;
    if (list[0] != 1.0 || list[1] != Chain::N || list[8] != 1.0 || list[23] != Chain::N)
      error->all(FLERR, "Fix npt/nanonet: the restart file is of other thermostats");
    std::copy(list + 2, list + 5, on_particles.at);
    std::copy(list + 5, list + 8, on_particles.speed);
    strain = list[9];
    strain_rate = list[15];
    first_volume = list[21];
    first_temperature = list[22];
    std::copy(list + 24, list + 27, on_box.at);
    std::copy(list + 27, list + 30, on_box.speed);
  }

 private:
  int substeps;
  double target, target_pressure, temperature_rate, pressure_rate, centre[3];
  double kt = 0.0, freedom = 0.0, twice_kinetic = 0.0, measured = 0.0;
  double strain = 0.0, strain_rate = 0.0, box_mass = 0.0, first_volume = 0.0, first_temperature = 0.0;
  Chain on_particles, on_box;
  Compute *temperature, *pressure;
  std::vector<double> mass, lightness, middle;    // of each coordinate: loops over these run in whole vectors
  bigint lists = -1;                              // how many LAMMPS had made when these were made

  double volume() const { return domain->xprd * domain->yprd * domain->zprd; }

  // Outermost: thermostats, barostat, and half a step of the outer forces
  void begin()
  {
    thermalise_box();
    const double factor = thermalise_particles();
    measure_pressure();
    push_box();
    kick(factor * squeeze(), 0.5 * update->dt);
  }

  void end()
  {
    kick(1.0, 0.5 * update->dt, squeeze());
    sum_kinetic();
    measure_pressure();
    push_box();
    const double factor = thermalise_particles();
    double *v = atom->v[0];
    const int n = 3 * atom->nlocal;
    for (int k = 0; k < n; k++) v[k] *= factor;
    thermalise_box();
  }

  double thermalise_particles()
  {
    const double factor = on_particles.advance(update->dt, twice_kinetic, freedom * kt, kt);
    twice_kinetic *= factor * factor;
    return factor;
  }

  void thermalise_box()
  {
    strain_rate *= on_box.advance(update->dt, 3.0 * box_mass * strain_rate * strain_rate, kt, kt);
  }

  void push_box()
  {
    const double excess = (measured - target_pressure) * volume() / force->nktv2p;
    strain_rate += 0.5 * update->dt * (excess + twice_kinetic / (3.0 * atom->natoms)) / box_mass;
  }

  // What half a step of the barostat does to velocities
  double squeeze() const { return std::exp(-0.5 * update->dt * strain_rate * (1.0 + 1.0 / atom->natoms)); }

  void measure_pressure()
  {
    temperature->scalar = twice_kinetic / (freedom * force->boltz);
    temperature->invoked_scalar = update->ntimestep;
    measured = pressure->compute_scalar();
    pressure->addstep(update->ntimestep + 1);
  }

  void sum_kinetic()
  {
    constexpr int LANES = 8;
    const double *v = atom->v[0], *m = mass.data();
    const int n = 3 * atom->nlocal;
    double parts[LANES] = {}, own = 0.0, total = 0.0;
    int k = 0;
    for (; k + LANES <= n; k += LANES)
      for (int lane = 0; lane < LANES; lane++) parts[lane] += m[k + lane] * v[k + lane] * v[k + lane];
    for (; k < n; k++) own += m[k] * v[k] * v[k];
    for (double part : parts) own += part;
    MPI_Allreduce(&own, &total, 1, MPI_DOUBLE, MPI_SUM, world);
    twice_kinetic = total * force->mvv2e;
  }

  // Velocities are scaled, get their share of the forces over a time, and are scaled again
  void kick(double before, double time, double after = 1.0)
  {
    take_stock();
    double *v = atom->v[0];
    const double *f = atom->f[0], *w = lightness.data(), share = time * force->ftm2v;
    const int n = 3 * atom->nlocal;
    for (int k = 0; k < n; k++) v[k] = (before * v[k] + share * w[k] * f[k]) * after;
  }

  // Half of a kick, then positions move, between two halves of the box's strain
  void drift(double time, double kick_time)
  {
    take_stock();
    const double growth = std::exp(0.5 * time * strain_rate), share = kick_time * force->ftm2v;
    strain += time * strain_rate;
    for (int d = 0; d < 3; d++)
      for (double *wall : {&domain->boxlo[d], &domain->boxhi[d]})
        *wall = centre[d] + (*wall - centre[d]) * growth * growth;
    domain->set_global_box();
    domain->set_local_box();
    double *x = atom->x[0], *v = atom->v[0];
    const double *f = atom->f[0], *w = lightness.data(), *c = middle.data();
    const int n = 3 * atom->nlocal;
    for (int k = 0; k < n; k++) {
      const double speed = v[k] + share * w[k] * f[k];
      x[k] = c[k] + ((x[k] - c[k]) * growth + time * speed) * growth;
      v[k] = speed;
    }
  }

  // Particles change their places when LAMMPS makes lists
  void take_stock()
  {
    const size_t n = 3 * atom->nlocal;
    if (lists == neighbor->ncalls && mass.size() == n) return;
    lists = neighbor->ncalls;
    for (std::vector<double> *array : {&mass, &lightness, &middle}) array->resize(n);
    for (size_t k = 0; k < n; k++) {
      mass[k] = atom->mass[atom->type[k / 3]];
      lightness[k] = 1.0 / mass[k];
      middle[k] = centre[k % 3];
    }
  }
};

}    // namespace
