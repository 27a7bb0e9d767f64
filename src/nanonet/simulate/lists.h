// Which clusters each particle meets: lists made when LAMMPS makes its own, and pruned between. For pair_nanonet.cpp alone

#pragma once

#include "clusters.h"

namespace {

struct Entry {
  int cluster;
  unsigned lanes;    // a bit for each monomer that is met: bonded ones are not, nor any pair twice
};

// The entries of each particle, one list after the other
struct Lists {
  std::vector<int> starts;
  std::vector<Entry> entries;

  void clear()
  {
    starts.assign(1, 0);
    entries.clear();
  }
  void end() { starts.push_back(static_cast<int>(entries.size())); }
  const Entry *begin(size_t k) const { return entries.data() + starts[k]; }
  const Entry *end(size_t k) const { return entries.data() + starts[k + 1]; }
};

// Which lists are pruned while forces are computed
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
    next_shorter += bits(below(squared, near, copy.lanes)) != 0;
    if (PRUNING == SHORT) return;
    *next_longer = copy;
    next_longer += bits(below(squared, far, copy.lanes)) != 0;
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

// Makes the lists of the monomers of one cluster at a time
class Gathering {
 public:
  explicit Gathering(const Cloud &all_monomers) : cloud(all_monomers), order(all_monomers.size(), -1) {}

  // Gather the clusters within reach: this one, those behind it, and ghosts; in this one a monomer meets those behind it
  void begin(int cluster, float reach)
  {
    for (int c : candidates) order[c] = -1;
    candidates.assign(1, cluster);
    cloud.near(cloud.boxes[cluster], reach, cluster + 1, true, [&](int c) { candidates.push_back(c); });
    lanes.assign(candidates.size() * W, EVERY);
    for (size_t n = 0; n < candidates.size(); n++) order[candidates[n]] = static_cast<int>(n);
    for (unsigned lane = 0; lane < W; lane++) lanes[lane] = EVERY & ~((2u << lane) - 1);
  }

  // The monomer in a lane does not meet the one in another slot of the cloud
  void exclude(int lane, int slot)
  {
    const int n = order[slot / W];
    if (n >= 0) lanes[n * W + lane] &= ~(1u << slot % W);
  }

  // Append the lists of this cluster's monomers: what comes within reach of each, judged by the boxes of clusters
  void append(float reach, Lists &lists)
  {
    found.resize(candidates.size() * W);
    const Points &me = cloud.at[candidates[0]];
    int counts[W] = {};
    for (size_t n = 0; n < candidates.size(); n++) {
      const Box &box = cloud.boxes[candidates[n]];
      const Lanes dx = gap(me.x, box.lo[0], box.hi[0]);
      const Lanes dy = gap(me.y, box.lo[1], box.hi[1]);
      const Lanes dz = gap(me.z, box.lo[2], box.hi[2]);
      const unsigned close = bits(below(dx * dx + dy * dy + dz * dz, all(reach * reach), EVERY));
      for (int lane = 0; lane < W; lane++) {    // without branches: written always, kept only if it counts
        found[lane * candidates.size() + counts[lane]] = {candidates[n], lanes[n * W + lane]};
        counts[lane] += close >> lane & 1;
      }
    }
    for (int lane = 0; lane < W; lane++) {
      const auto start = found.begin() + lane * candidates.size();
      lists.entries.insert(lists.entries.end(), start, start + counts[lane]);
      lists.end();
    }
  }

 private:
  const Cloud &cloud;
  std::vector<int> candidates, order;    // the candidates; the place of each cluster among them, -1 for none
  std::vector<unsigned> lanes;           // of each candidate and each lane of the cluster
  std::vector<Entry> found;

  static Lanes gap(Lanes value, float lo, float hi)
  {
    return larger(larger(all(lo) - value, value - all(hi)), all(0.0f));
  }
};

}    // namespace
