// Which clusters each particle meets: lists made when LAMMPS would make its own. For pair_nanonet.cpp alone

#pragma once

#include "clusters.h"

namespace {

// A cluster that a particle meets, and a bit for each monomer in it that is met: bonded ones are not, nor a pair twice
struct Entry {
  unsigned packed;    // in one number: the lists are most of what a step reads

  Entry(int cluster = 0, unsigned lanes = EVERY) : packed(static_cast<unsigned>(cluster) << W | lanes) {}
  int cluster() const { return static_cast<int>(packed >> W); }
  unsigned lanes() const { return packed & EVERY; }
  void leave_out(int lane) { packed &= ~(1u << lane); }
};

constexpr int MOST_CLUSTERS = 1u << (32 - W);    // that an entry can tell apart

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

// Makes the lists of the monomers of one cluster at a time
class Gathering {
 public:
  explicit Gathering(const Cloud &all_monomers) : cloud(all_monomers), order(all_monomers.size(), -1) {}

  // Gather the clusters within reach: this one, in which a monomer meets those behind it, later ones, and ghosts
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
      const Box box = cloud.boxes[candidates[n]];
      const Lanes dx = gap(me.x, me.x, all(box.lo[0]), all(box.hi[0]));
      const Lanes dy = gap(me.y, me.y, all(box.lo[1]), all(box.hi[1]));
      const Lanes dz = gap(me.z, me.z, all(box.lo[2]), all(box.hi[2]));
      const unsigned close = bits(below(dx * dx + dy * dy + dz * dz, all(reach * reach), EVERY));
      for (int lane = 0; lane < W; lane++) {    // without branches: written always, kept only if it counts
        found[lane * candidates.size() + counts[lane]] = Entry(candidates[n], lanes[n * W + lane]);
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
};

}    // namespace
