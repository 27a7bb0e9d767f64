// Large particles among themselves: few, and of any distance. For pair_nanonet.cpp alone

#pragma once

#include "atom.h"
#include "domain.h"

#include "particle.h"

namespace {

// Each owned large particle with all the others, owned or ghost, but those that it is bonded to
class LargePairs {
 public:
  void find(const LAMMPS_NS::Atom &atom, const LAMMPS_NS::Domain &domain, const std::vector<int> &large,
            const std::vector<std::vector<Coefficients>> &coefficients, double skin)
  {
    pairs.clear();
    for (int i : large)
      for (int j : large) {
        if (i >= atom.nlocal || i == j) continue;
        const double reach = coefficients[atom.type[i]][atom.type[j]].cut + skin;
        if (squared_distance(atom, i, j) < reach * reach && !bonded(atom, domain, i, j)) pairs.push_back({i, j});
      }
  }

  // Adds forces and virial, returns the energy: half of each pair, the other half is that of the other particle
  double meet(LAMMPS_NS::Atom &atom, const std::vector<std::vector<Coefficients>> &coefficients, Virial &virial) const
  {
    double energy = 0.0;
    for (const auto &pair : pairs) {
      const Coefficients &c = coefficients[atom.type[pair.i]][atom.type[pair.j]];
      const double squared = squared_distance(atom, pair.i, pair.j);
      if (squared >= c.cut * c.cut) continue;
      const double inverse2 = 1.0 / squared, inverse6 = inverse2 * inverse2 * inverse2;
      const double strength = inverse2 * inverse6 * (c.force12 * inverse6 - c.force6);
      double apart[3], force[3];
      for (int d = 0; d < 3; d++) {
        apart[d] = atom.x[pair.i][d] - atom.x[pair.j][d];
        force[d] = strength * apart[d];
        atom.f[pair.i][d] += force[d];
      }
      virial.add(0.5, apart, force);
      energy += 0.5 * (inverse6 * (c.energy12 * inverse6 - c.energy6) - c.offset);
    }
    return energy;
  }

 private:
  struct Pair {
    int i, j;
  };
  std::vector<Pair> pairs;

  // As LAMMPS has it: images of a partner beyond half of the box are none
  static bool bonded(const LAMMPS_NS::Atom &atom, const LAMMPS_NS::Domain &domain, int i, int j)
  {
    const double *a = atom.x[i], *b = atom.x[j];
    if (domain.minimum_image_check(a[0] - b[0], a[1] - b[1], a[2] - b[2])) return false;
    const LAMMPS_NS::tagint *first = atom.special[i], *last = first + atom.nspecial[i][0];
    return std::find(first, last, atom.tag[j]) != last;
  }

  static double squared_distance(const LAMMPS_NS::Atom &atom, int i, int j)
  {
    const double *a = atom.x[i], *b = atom.x[j];
    const double dx = a[0] - b[0], dy = a[1] - b[1], dz = a[2] - b[2];
    return dx * dx + dy * dy + dz * dz;
  }
};

}    // namespace
