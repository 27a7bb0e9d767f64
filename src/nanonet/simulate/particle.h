// One particle meets clusters: forces, and which entries of its list stay. For pair_nanonet.cpp alone

#pragma once

#include "lists.h"

namespace {

struct Coefficients {    // of one pair of types, ready for use
  double cut = 0.0;
  float cutsq, force12, force6, energy12, energy6, offset;
};

// Forces on the clusters are added to theirs, the force on the particle is kept
template <bool ENERGY> struct Particle {
  const Lanes x, y, z, cutsq, force12, force6, energy12, energy6, offset;
  Lanes fx = all(0.0f), fy = all(0.0f), fz = all(0.0f), energy = all(0.0f);

  Particle(float px, float py, float pz, const Coefficients &c) :
      x(all(px)), y(all(py)), z(all(pz)), cutsq(all(c.cutsq)), force12(all(c.force12)), force6(all(c.force6)),
      energy12(all(c.energy12)), energy6(all(c.energy6)), offset(all(c.offset))
  {
  }

  // Returns the squared distances
  inline Lanes meet(const Points &at, Points &force, unsigned lanes)
  {
    const Lanes dx = x - at.x, dy = y - at.y, dz = z - at.z;
    const Lanes squared = dx * dx + dy * dy + dz * dz;
    const Mask inside = below(squared, cutsq, lanes);
    const Lanes inverse2 = inverse(squared);
    const Lanes inverse6 = inverse2 * inverse2 * inverse2;
    const Lanes strength = keep(inside, inverse2 * inverse6 * (force12 * inverse6 - force6));
    if (ENERGY) energy += keep(inside, inverse6 * (energy12 * inverse6 - energy6) - offset);
    fx += strength * dx;
    fy += strength * dy;
    fz += strength * dz;
    force.x -= strength * dx;
    force.y -= strength * dy;
    force.z -= strength * dz;
    return squared;
  }
};

// Which lists of monomers are pruned while forces are computed
enum Pruning { NONE, SHORT, BOTH };

// Copies to a short list what of a long one is in its reach; with BOTH the long one, made by the boxes of clusters, is
// cut down to what is in its own. All without branches: written always, kept only if it counts.
template <Pruning PRUNING> class Shortening {
 public:
  Shortening(Lists &from, Lists &to, double cut, double buffer, double skin) :
      longer(from), shorter(to), near(all(square(cut + buffer))), far(all(square(cut + skin))),
      next_longer(from.entries.data()), next_shorter(to.entries.data())
  {
  }

  inline void judge(const Entry &entry, Lanes squared)
  {
    if (PRUNING == NONE) return;
    const Entry copy = entry;
    *next_shorter = copy;
    next_shorter += bits(below(squared, near, copy.lanes())) != 0;
    if (PRUNING == SHORT) return;
    *next_longer = copy;
    next_longer += bits(below(squared, far, copy.lanes())) != 0;
  }

  // The list of one particle has ended
  inline void end(int k)
  {
    if (PRUNING != NONE) shorter.starts[k + 1] = static_cast<int>(next_shorter - shorter.entries.data());
    if (PRUNING == BOTH) ends.push_back(static_cast<int>(next_longer - longer.entries.data()));
  }

  void finish()
  {
    if (PRUNING == BOTH) std::copy(ends.begin(), ends.end(), longer.starts.begin() + 1);
  }

 private:
  Lists &longer, &shorter;
  const Lanes near, far;
  Entry *next_longer, *next_shorter;
  std::vector<int> ends;

  static float square(double value) { return static_cast<float>(value * value); }
};

// Where monomers were when the lists were pruned
class Departure {
 public:
  void mark(const Cloud &cloud) { then = cloud.at; }

  // Whether any has moved farther since
  bool left(const Cloud &cloud, float distance) const
  {
    Lanes furthest = all(0.0f);
    for (int c = 0; c < cloud.size(); c++) {
      const Points &now = cloud.at[c];
      const Lanes dx = now.x - then[c].x, dy = now.y - then[c].y, dz = now.z - then[c].z;
      furthest = larger(furthest, dx * dx + dy * dy + dz * dz);
    }
    return bits(below(furthest, all(distance * distance), EVERY)) != EVERY;
  }

 private:
  std::vector<Points> then;
};

// xx, yy, zz, xy, xz, yz
struct Virial {
  double w[6] = {};

  void add(double weight, const double *at, const double *force)
  {
    w[0] += weight * at[0] * force[0];
    w[1] += weight * at[1] * force[1];
    w[2] += weight * at[2] * force[2];
    w[3] += weight * at[1] * force[0];
    w[4] += weight * at[2] * force[0];
    w[5] += weight * at[2] * force[1];
  }

  // All clusters: in single precision for a few of them at a time
  void add(const Cloud &cloud)
  {
    for (int c = 0; c < cloud.size();) {
      const Points zero = {all(0.0f), all(0.0f), all(0.0f)};
      Points straight = zero, across = zero;
      for (const int last = std::min(c + 16, cloud.size()); c < last; c++) {
        const Points &at = cloud.at[c], &force = cloud.force[c];
        straight.x += at.x * force.x;
        straight.y += at.y * force.y;
        straight.z += at.z * force.z;
        across.x += at.y * force.x;
        across.y += at.z * force.x;
        across.z += at.z * force.y;
      }
      const Lanes parts[6] = {straight.x, straight.y, straight.z, across.x, across.y, across.z};
      for (int k = 0; k < 6; k++) w[k] += sum(parts[k]);
    }
  }
};

}    // namespace
