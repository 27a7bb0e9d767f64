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

  float squared_distance(const Box &other) const
  {
    float squared = 0.0f;
    for (int d = 0; d < 3; d++) {
      const float gap = std::max(0.0f, std::max(lo[d] - other.hi[d], other.lo[d] - hi[d]));
      squared += gap * gap;
    }
    return squared;
  }
};

// Clusters in columns along z: the first cluster of each column, and one entry more
struct Columns {
  std::vector<int> first;
  float corner[2], width;
  int count[2];

  float thin() const { return width / 16.0f; }    // the layers of z by which the members of a column are ordered

  int place(int d, float value) const
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
  std::vector<Box> boxes;
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
    for (int c = 0; c < size(); c++) {
      float *lanes = (float *) &at[c];
      for (int lane = 0; lane < W; lane++) {
        const int atom = atoms[c * W + lane];
        if (atom < 0) continue;
        for (int d = 0; d < 3; d++) lanes[d * W + lane] = static_cast<float>(position[atom][d] - origin[d]);
      }
      force[c] = {all(0.0f), all(0.0f), all(0.0f)};
    }
  }

  // Call `found(cluster)` for each cluster within reach of a box: owned ones from number `from` on, then ghosts
  template <class Found> void near(const Box &box, float reach, int from, bool with_ghosts, Found found) const
  {
    for (const Columns *grid = columns; grid <= columns + with_ghosts; grid++) {
      if (grid->first.size() < 2) continue;
      const int x0 = grid->place(0, box.lo[0] - reach), x1 = grid->place(0, box.hi[0] + reach);
      const int y0 = grid->place(1, box.lo[1] - reach), y1 = grid->place(1, box.hi[1] + reach);
      for (int x = x0; x <= x1; x++)
        for (int y = y0; y <= y1; y++) {
          const int column = x * grid->count[1] + y;
          const int last = grid->first[column + 1];
          int c = std::max(from, grid->first[column]);
          while (c < last && boxes[c].hi[2] < box.lo[2] - reach) c++;
          for (; c < last && boxes[c].lo[2] < box.hi[2] + reach + grid->thin(); c++)
            if (boxes[c].squared_distance(box) < reach * reach) found(c);
        }
    }
  }

 private:
  Columns columns[2];    // of owned monomers, of ghosts

  void sort_into(Columns &grid, const std::vector<int> &members, double **position, const double *origin, float width)
  {
    grid.first.clear();
    if (members.empty()) return;
    Box around;
    for (int d = 0; d < 3; d++) {
      const auto less = [&](int a, int b) { return position[a][d] < position[b][d]; };
      const auto ends = std::minmax_element(members.begin(), members.end(), less);
      around.lo[d] = static_cast<float>(position[*ends.first][d] - origin[d]);
      around.hi[d] = static_cast<float>(position[*ends.second][d] - origin[d]);
    }
    grid.width = width;
    for (int d = 0; d < 2; d++) {
      grid.corner[d] = around.lo[d];
      grid.count[d] = 1 + static_cast<int>((around.hi[d] - around.lo[d]) / width);
    }

    // a counting sort by column, and within it by thin layers of z
    const float thin = grid.thin();
    const int layers = 1 + static_cast<int>((around.hi[2] - around.lo[2]) / thin);
    const int cells = grid.count[0] * grid.count[1] * layers;
    std::vector<int> cell(members.size()), next(cells + 1, 0), sorted(members.size());
    for (size_t k = 0; k < members.size(); k++) {
      float p[3];
      for (int d = 0; d < 3; d++) p[d] = static_cast<float>(position[members[k]][d] - origin[d]);
      const int layer = std::min(layers - 1, static_cast<int>((p[2] - around.lo[2]) / thin));
      cell[k] = (grid.place(0, p[0]) * grid.count[1] + grid.place(1, p[1])) * layers + layer;
      next[cell[k] + 1]++;
    }
    for (int c = 0; c < cells; c++) next[c + 1] += next[c];
    std::vector<int> starts;
    for (int c = 0; c <= cells; c += layers) starts.push_back(next[c]);
    for (size_t k = 0; k < members.size(); k++) sorted[next[cell[k]]++] = members[k];

    for (size_t column = 0; column + 1 < starts.size(); column++) {
      grid.first.push_back(static_cast<int>(atoms.size()) / W);
      double bottom = 0.0;
      for (int k = starts[column]; k < starts[column + 1]; k++) {
        // a cluster is full, or would stretch over a gap (ghosts lie below and above the owned ones)
        const double z = position[sorted[k]][2];
        if (atoms.size() % W && z - bottom > 2.0 * width) fill();
        if (atoms.size() % W == 0) bottom = z;
        atoms.push_back(sorted[k]);
      }
      fill();
    }
    grid.first.push_back(static_cast<int>(atoms.size()) / W);
  }

  void fill()
  {
    while (atoms.size() % W) atoms.push_back(-1);
  }

  void enclose()
  {
    boxes.resize(at.size());
    for (int c = 0; c < size(); c++) {
      const float *lanes = (const float *) &at[c];
      for (int d = 0; d < 3; d++) {
        Box &box = boxes[c];
        box.lo[d] = box.hi[d] = lanes[d * W];    // the first lane is never empty
        for (int lane = 1; lane < W && atoms[c * W + lane] >= 0; lane++) {
          box.lo[d] = std::min(box.lo[d], lanes[d * W + lane]);
          box.hi[d] = std::max(box.hi[d], lanes[d * W + lane]);
        }
      }
    }
  }
};

}    // namespace
