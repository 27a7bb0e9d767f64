// Monomers in clusters of neighbours in space, as many as a vector has lanes. For pair_nanonet.cpp alone

#pragma once

#include "lanes.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

constexpr float FAR = 1.0e4f;    // where the empty lanes of a cluster are: beyond all cutoffs, and no denormal numbers

struct Points {
  Lanes x, y, z;
};

struct Box {
  float lo[3], hi[3];
};

// The boxes of all clusters, readable for as many at a time as a vector has lanes
struct Boxes {
  std::vector<float> lo[3], hi[3];

  void resize(size_t n)
  {
    for (int d = 0; d < 3; d++) {
      lo[d].resize(n + W);
      hi[d].resize(n + W);
    }
  }
  Box operator[](int c) const { return {{lo[0][c], lo[1][c], lo[2][c]}, {hi[0][c], hi[1][c], hi[2][c]}}; }

  // Squared distances of a box to those from number c on
  Lanes squared_distances(const Box &box, int c) const
  {
    Lanes squared = all(0.0f);
    for (int d = 0; d < 3; d++) {
      const Lanes apart = gap(all(box.lo[d]), all(box.hi[d]), load(&lo[d][c]), load(&hi[d][c]));
      squared += apart * apart;
    }
    return squared;
  }
};

// Clusters in columns along z: the first cluster of each column, and one entry more
struct Columns {
  std::vector<int> first;
  float corner[2], width;
  int count[2];

  void lay(const Box &around, float column_width)
  {
    width = column_width;
    for (int d = 0; d < 2; d++) {
      corner[d] = around.lo[d];
      count[d] = 1 + static_cast<int>((around.hi[d] - around.lo[d]) / width);
    }
  }

  // Which row of columns a value of x (d = 0) or y (d = 1) is in or next to
  int row(int d, float value) const
  {
    return std::max(0, std::min(count[d] - 1, static_cast<int>((value - corner[d]) / width)));
  }
};

// All monomers that a processor computes with: the clusters of its own, then those of the ghosts
class Cloud {
 public:
  std::vector<int> atoms;    // the atom of each lane, -1 for none
  std::vector<int> slots;    // the lane of each atom, -1 for none
  std::vector<Points> at, force;
  Boxes boxes;
  int owned = 0;    // clusters of owned monomers

  int size() const { return static_cast<int>(at.size()); }

  // Sort owned and ghost monomers into clusters; a column is as wide as a cube of W monomers
  void sort(const std::vector<int> &inner, const std::vector<int> &outer, int atoms_in_all, double **position,
            const double *origin, double width)
  {
    atoms.clear();
    sort_into(columns[0], inner, position, origin, static_cast<float>(width));
    owned = static_cast<int>(atoms.size()) / W;
    sort_into(columns[1], outer, position, origin, static_cast<float>(width));

    slots.assign(atoms_in_all, -1);
    for (size_t k = 0; k < atoms.size(); k++)
      if (atoms[k] >= 0) slots[atoms[k]] = static_cast<int>(k);
    at.assign(atoms.size() / W, {all(FAR), all(FAR), all(FAR)});
    force.resize(at.size());
    place(position, origin);
    enclose();
  }

  // Take up the atoms' positions and clear the forces
  void place(double **position, const double *origin)
  {
    const double x = origin[0], y = origin[1], z = origin[2];
    for (int c = 0; c < size(); c++) {
      float *lanes = (float *) &at[c];
      const int *atom = &atoms[c * W];
      for (int lane = 0; lane < W; lane++) {
        if (atom[lane] < 0) break;    // the empty lanes are the last
        const double *p = position[0] + 3 * atom[lane];
        lanes[lane] = static_cast<float>(p[0] - x);
        lanes[W + lane] = static_cast<float>(p[1] - y);
        lanes[2 * W + lane] = static_cast<float>(p[2] - z);
      }
      force[c] = {all(0.0f), all(0.0f), all(0.0f)};
    }
  }

  // Call `found(cluster)` for each cluster within reach of a box: owned ones from number `from` on, then ghosts
  template <class Found> void near(const Box &box, float reach, int from, bool with_ghosts, Found found) const
  {
    for (const Columns *grid = columns; grid <= columns + with_ghosts; grid++) {
      if (grid->first.size() < 2) continue;
      const int x0 = grid->row(0, box.lo[0] - reach), x1 = grid->row(0, box.hi[0] + reach);
      const int y0 = grid->row(1, box.lo[1] - reach), y1 = grid->row(1, box.hi[1] + reach);
      for (int x = x0; x <= x1; x++)
        for (int y = y0; y <= y1; y++) {
          const int column = x * grid->count[1] + y;
          const int last = grid->first[column + 1];
          for (int c = std::max(from, grid->first[column]); c < last; c += W) {
            const unsigned there = last - c < W ? (1u << (last - c)) - 1 : EVERY;
            unsigned close = bits(below(boxes.squared_distances(box, c), all(reach * reach), there));
            for (; close; close &= close - 1) found(c + __builtin_ctz(close));
          }
        }
    }
  }

 private:
  struct Place {
    float at[3];
  };

  Columns columns[2];    // of owned monomers, of ghosts

  void sort_into(Columns &grid, const std::vector<int> &members, double **position, const double *origin, float width)
  {
    grid.first.clear();
    if (members.empty()) return;
    std::vector<Place> places(members.size());
    for (size_t k = 0; k < members.size(); k++)
      for (int d = 0; d < 3; d++) places[k].at[d] = static_cast<float>(position[members[k]][d] - origin[d]);
    const Box around = bounds(places);
    grid.lay(around, width);
    std::vector<int> starts;
    const std::vector<int> order = in_order(grid, places, around, starts);
    for (size_t column = 0; column + 1 < starts.size(); column++) {
      grid.first.push_back(static_cast<int>(atoms.size()) / W);
      float bottom = 0.0f;
      for (int n = starts[column]; n < starts[column + 1]; n++) {
        // a cluster is full, or would stretch over a gap (ghosts lie below and above the owned ones)
        const float z = places[order[n]].at[2];
        if (z - bottom > 2.0f * width) fill();
        if (atoms.size() % W == 0) bottom = z;
        atoms.push_back(members[order[n]]);
      }
      fill();
    }
    grid.first.push_back(static_cast<int>(atoms.size()) / W);
  }

  static Box bounds(const std::vector<Place> &places)
  {
    Box around;
    for (int d = 0; d < 3; d++) {
      const auto less = [d](const Place &a, const Place &b) { return a.at[d] < b.at[d]; };
      const auto ends = std::minmax_element(places.begin(), places.end(), less);
      around.lo[d] = ends.first->at[d];
      around.hi[d] = ends.second->at[d];
    }
    return around;
  }

  // A counting sort by column, and within it by thin layers of z; `starts` becomes the first of each column
  static std::vector<int> in_order(const Columns &grid, const std::vector<Place> &places, const Box &around,
                                   std::vector<int> &starts)
  {
    const float thin = grid.width / 16.0f;
    const int layers = 1 + static_cast<int>((around.hi[2] - around.lo[2]) / thin);
    std::vector<int> cell(places.size()), next(grid.count[0] * grid.count[1] * layers + 1, 0), order(places.size());
    for (size_t k = 0; k < places.size(); k++) {
      const float *at = places[k].at;
      const int layer = std::min(layers - 1, static_cast<int>((at[2] - around.lo[2]) / thin));
      cell[k] = (grid.row(0, at[0]) * grid.count[1] + grid.row(1, at[1])) * layers + layer;
      next[cell[k] + 1]++;
    }
    for (size_t c = 1; c < next.size(); c++) next[c] += next[c - 1];
    for (size_t c = 0; c < next.size(); c += layers) starts.push_back(next[c]);
    for (size_t k = 0; k < places.size(); k++) order[next[cell[k]]++] = static_cast<int>(k);
    return order;
  }

  void fill()
  {
    while (atoms.size() % W) atoms.push_back(-1);
  }

  // The boxes of the clusters; an empty lane is beyond them
  void enclose()
  {
    boxes.resize(at.size());
    for (int c = 0; c < size(); c++)
      for (int d = 0; d < 3; d++) {
        const Lanes value = d == 0 ? at[c].x : d == 1 ? at[c].y : at[c].z;
        const float lo = least(value);
        const Mask taken = below(value, all(0.5f * FAR), EVERY);
        boxes.lo[d][c] = lo;
        boxes.hi[d][c] = lo + largest(keep(taken, value - all(lo)));
      }
  }
};

}    // namespace
