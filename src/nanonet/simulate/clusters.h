// Monomers in clusters of eight neighbours in space: for pair_nanonet.cpp, and for it alone

#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace {

constexpr int W = 8;    // monomers in a cluster, lanes of a vector
typedef float Lanes __attribute__((vector_size(4 * W)));
typedef int Mask __attribute__((vector_size(4 * W)));

constexpr Mask LANE = {0, 1, 2, 3, 4, 5, 6, 7};
constexpr float FAR = 1.0e4f;    // where the empty lanes of a cluster are: beyond all cutoffs, and no denormal numbers

inline Lanes all(float value) { return value - Lanes{}; }
inline Lanes keep(Mask mask, Lanes value) { return (Lanes) (mask & (Mask) value); }

// How far values lie outside of an interval
inline Lanes beyond(Lanes value, float lo, float hi)
{
  const Lanes below = lo - value, above = value - hi;
  return keep(below > 0.0f, below) + keep(above > 0.0f, above);
}

inline double sum(Lanes value)
{
  double total = 0.0;
  for (int lane = 0; lane < W; lane++) total += value[lane];
  return total;
}

struct Box {
  float lo[3], hi[3];
};

// Monomers in clusters, ordered by columns in x and y and by height z within a column
struct Cloud {
  std::vector<int> atoms;    // atom of each lane, -1 for none
  std::vector<Lanes> x, y, z, fx, fy, fz;
  std::vector<Box> boxes;
  std::vector<int> columns;    // first cluster of each column; one entry more than columns
  float corner[2], width;
  int nx, ny;

  int size() const { return static_cast<int>(boxes.size()); }

  void sort(std::vector<int> &members, double **position, const double *origin, double column_width)
  {
    float lo[2] = {0, 0}, hi[2] = {0, 0};
    for (size_t k = 0; k < members.size(); k++)
      for (int d = 0; d < 2; d++) {
        const float value = static_cast<float>(position[members[k]][d] - origin[d]);
        lo[d] = k ? std::min(lo[d], value) : value;
        hi[d] = k ? std::max(hi[d], value) : value;
      }
    width = static_cast<float>(column_width);
    nx = 1 + static_cast<int>((hi[0] - lo[0]) / width);
    ny = 1 + static_cast<int>((hi[1] - lo[1]) / width);
    corner[0] = lo[0];
    corner[1] = lo[1];

    std::vector<int> column(members.size()), first(nx * ny + 1, 0);
    for (size_t k = 0; k < members.size(); k++) {
      const double *p = position[members[k]];
      const int ix = std::min(nx - 1, static_cast<int>((static_cast<float>(p[0] - origin[0]) - lo[0]) / width));
      const int iy = std::min(ny - 1, static_cast<int>((static_cast<float>(p[1] - origin[1]) - lo[1]) / width));
      column[k] = ix * ny + iy;
      first[column[k] + 1]++;
    }
    for (int c = 0; c < nx * ny; c++) first[c + 1] += first[c];
    std::vector<std::pair<float, int>> sorted(members.size());
    std::vector<int> next(first.begin(), first.end() - 1);
    for (size_t k = 0; k < members.size(); k++)
      sorted[next[column[k]]++] = {static_cast<float>(position[members[k]][2] - origin[2]), members[k]};

    atoms.clear();
    columns.assign(1, 0);
    for (int c = 0; c < nx * ny; c++) {
      std::sort(sorted.begin() + first[c], sorted.begin() + first[c + 1]);
      float bottom = 0.0f;
      for (int k = first[c]; k < first[c + 1]; k++) {
        // a cluster is full, or would stretch over a gap (ghosts lie below and above the owned ones)
        if (k == first[c] || sorted[k].first - bottom > 2.0f * width)
          while (atoms.size() % W) atoms.push_back(-1);
        if (atoms.size() % W == 0) bottom = sorted[k].first;
        atoms.push_back(sorted[k].second);
      }
      while (atoms.size() % W) atoms.push_back(-1);
      columns.push_back(static_cast<int>(atoms.size()) / W);
    }
    const size_t clusters = atoms.size() / W;
    for (auto *values : {&x, &y, &z, &fx, &fy, &fz}) values->assign(clusters, all(FAR));
    boxes.resize(clusters);
    place(position, origin);
    for (size_t c = 0; c < clusters; c++) {
      const float *lanes[3] = {(float *) &x[c], (float *) &y[c], (float *) &z[c]};
      for (int d = 0; d < 3; d++) {
        boxes[c].lo[d] = boxes[c].hi[d] = lanes[d][0];
        for (int lane = 1; lane < W && atoms[c * W + lane] >= 0; lane++) {
          boxes[c].lo[d] = std::min(boxes[c].lo[d], lanes[d][lane]);
          boxes[c].hi[d] = std::max(boxes[c].hi[d], lanes[d][lane]);
        }
      }
    }
  }

  // Take up the atoms' positions and clear the forces
  void place(double **position, const double *origin)
  {
    float *px = (float *) x.data(), *py = (float *) y.data(), *pz = (float *) z.data();
    for (size_t k = 0; k < atoms.size(); k++) {
      if (atoms[k] < 0) continue;
      const double *p = position[atoms[k]];
      px[k] = static_cast<float>(p[0] - origin[0]);
      py[k] = static_cast<float>(p[1] - origin[1]);
      pz[k] = static_cast<float>(p[2] - origin[2]);
    }
    for (auto *values : {&fx, &fy, &fz}) std::fill(values->begin(), values->end(), Lanes{});
  }

  // Call `found(cluster)` for each cluster within `reach` of a box, from cluster `from` on
  template <class Found> void near(const Box &box, float reach, int from, Found found) const
  {
    if (boxes.empty()) return;
    int range[2][2];
    for (int d = 0; d < 2; d++) {
      const int last = (d ? ny : nx) - 1;
      const float low = (box.lo[d] - reach - corner[d]) / width, high = (box.hi[d] + reach - corner[d]) / width;
      range[d][0] = low < 0 ? 0 : std::min(last + 1, static_cast<int>(low));
      range[d][1] = high < 0 ? -1 : std::min(last, static_cast<int>(high));
    }
    for (int ix = range[0][0]; ix <= range[0][1]; ix++)
      for (int iy = range[1][0]; iy <= range[1][1]; iy++)
        for (int c = std::max(from, columns[ix * ny + iy]); c < columns[ix * ny + iy + 1]; c++) {
          float squared = 0.0f;
          for (int d = 0; d < 3; d++) {
            const float gap = std::max(0.0f, std::max(boxes[c].lo[d] - box.hi[d], box.lo[d] - boxes[c].hi[d]));
            squared += gap * gap;
          }
          if (squared < reach * reach) found(c);
        }
  }
};

}    // namespace
