// The lanes of a vector: sixteen floats where the machine has AVX-512, eight elsewhere. For pair_nanonet.cpp alone

#pragma once

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#include <cstring>

namespace {

#ifdef __AVX512F__

constexpr int W = 16;    // monomers in a cluster, lanes of a vector
typedef __m512 Lanes;
typedef __mmask16 Mask;    // one bit a lane

inline Lanes all(float value) { return _mm512_set1_ps(value); }
inline Lanes larger(Lanes a, Lanes b) { return _mm512_max_ps(a, b); }
inline Lanes keep(Mask mask, Lanes value) { return _mm512_maskz_mov_ps(mask, value); }
inline unsigned bits(Mask mask) { return mask; }
inline float sum(Lanes value) { return _mm512_reduce_add_ps(value); }
inline float least(Lanes value) { return _mm512_reduce_min_ps(value); }
inline float largest(Lanes value) { return _mm512_reduce_max_ps(value); }

// Lanes in which a value is below its limit, of those in a set of bits
inline Mask below(Lanes value, Lanes limit, unsigned lanes)
{
  return _mm512_mask_cmp_ps_mask(static_cast<Mask>(lanes), value, limit, _CMP_LT_OQ);
}

// The estimate of 14 bits and one step of Newton's: as good as a division, and five times as fast
inline Lanes inverse(Lanes value)
{
  const Lanes estimate = _mm512_rcp14_ps(value);
  return estimate * (2.0f - value * estimate);
}

#else

constexpr int W = 8;
typedef float Lanes __attribute__((vector_size(4 * W)));
typedef int Mask __attribute__((vector_size(4 * W)));    // all bits of a lane, or none

inline Lanes all(float value) { return value - Lanes{}; }
inline Lanes keep(Mask mask, Lanes value) { return (Lanes) (mask & (Mask) value); }
inline Lanes larger(Lanes a, Lanes b) { return a > b ? a : b; }
inline Lanes inverse(Lanes value) { return 1.0f / value; }

inline Mask below(Lanes value, Lanes limit, unsigned lanes)
{
  constexpr Mask bit = {1, 2, 4, 8, 16, 32, 64, 128};
  const Mask chosen = (bit & static_cast<int>(lanes)) == bit;
  return (value < limit) & chosen;
}

inline unsigned bits(Mask mask)
{
#ifdef __AVX2__
  return static_cast<unsigned>(_mm256_movemask_ps((__m256) mask));
#else
  unsigned set = 0;
  for (int lane = 0; lane < W; lane++) set |= static_cast<unsigned>(mask[lane] & (1 << lane));
  return set;
#endif
}

inline float sum(Lanes value)
{
  value += __builtin_shuffle(value, Mask{4, 5, 6, 7, 0, 1, 2, 3});
  value += __builtin_shuffle(value, Mask{2, 3, 0, 1, 6, 7, 4, 5});
  return value[0] + value[1];
}

inline float largest(Lanes value)
{
  value = larger(value, __builtin_shuffle(value, Mask{4, 5, 6, 7, 0, 1, 2, 3}));
  value = larger(value, __builtin_shuffle(value, Mask{2, 3, 0, 1, 6, 7, 4, 5}));
  return value[0] > value[1] ? value[0] : value[1];
}

inline float least(Lanes value) { return -largest(-value); }

#endif

constexpr unsigned EVERY = (1u << W) - 1;    // the set of all lanes

inline Lanes load(const float *from)
{
  Lanes value;
  std::memcpy(&value, from, sizeof(Lanes));
  return value;
}

// How far values are outside of an interval, or an interval outside of intervals
inline Lanes gap(Lanes lo, Lanes hi, Lanes other_lo, Lanes other_hi)
{
  return larger(larger(other_lo - hi, lo - other_hi), all(0.0f));
}

}    // namespace
