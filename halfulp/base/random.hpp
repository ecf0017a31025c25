// Random numbers as a function:  (seed, stream, counter) -> bits.  No state, no order of calls, so the same
// answer on one thread or sixty-four.  The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel
// random numbers: as easy as 1, 2, 3; SC 2011), whose 128-bit counter is (counter, stream) and whose 64-bit
// key is the seed.
#pragma once

#include <Random123/philox.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace halfulp {

/// The generator: 128 bits, a function of (key, counter).
inline std::array<std::uint32_t, 4> philox(std::uint64_t key, const std::array<std::uint32_t, 4>& counter) {
  const r123::Philox4x32::ctr_type c = {{counter[0], counter[1], counter[2], counter[3]}};
  const r123::Philox4x32::key_type k = {
      {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}};
  const r123::Philox4x32::ctr_type r = r123::Philox4x32()(c, k);
  return {r[0], r[1], r[2], r[3]};
}

/// One stream of random bits: a site, a tensor, a trial.  Streams of one seed never share a block.
struct Philox4x32 {
  std::uint64_t seed = 0, stream = 0;

  /// Block number `counter`: 128 bits.
  std::array<std::uint32_t, 4> block(std::uint64_t counter) const;
  /// Blocks counter, counter + 1, ...: words.size() words, the last block cut where words ends.
  void fill(std::uint64_t counter, std::span<std::uint32_t> words) const;
};

/// Uniform on the multiples of 2^-53 in [0, 1): exact.
inline double uniform(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 32 | low) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

}  // namespace halfulp
