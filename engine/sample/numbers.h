#ifndef YIJIE_ENGINE_SAMPLE_NUMBERS_H_
#define YIJIE_ENGINE_SAMPLE_NUMBERS_H_

// Reproducible random numbers for generated sample data.

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace yijie::engine {

// What a stream of numbers is for, so that streams of one index differ.
enum class SampleStream : uint64_t { kInstitution = 1, kItem, kPerson, kCredit, kHistory };

// SplitMix64 (public domain), seeded by what the numbers are for: any index can be generated
// without those before it.
class SampleNumbers {
 public:
  SampleNumbers(SampleStream stream, int64_t index, uint64_t seed)
      : state_(Mix(Mix(seed) ^ (static_cast<uint64_t>(stream) << 56) ^
                   static_cast<uint64_t>(index))) {}

  // 0 to below - 1. The bias of the remainder does not matter for samples.
  int Below(int below) {
    state_ += kStep;
    return static_cast<int>(Mix(state_) % static_cast<uint64_t>(below));
  }
  // 1 to most, every order of magnitude about as often as another.
  int Spread(int most) {
    int bits = 0;
    while (bits < 30 && (2 << bits) <= most) ++bits;
    const int low = 1 << Below(bits + 1);
    const int drawn = low + Below(low);
    return drawn < most ? drawn : most;
  }
  bool Percent(int percent) { return Below(100) < percent; }
  template <size_t kSize>
  absl::string_view Pick(const std::array<absl::string_view, kSize>& choices) {
    return choices[static_cast<size_t>(Below(static_cast<int>(kSize)))];
  }

 private:
  static constexpr uint64_t kStep = 0x9E3779B97F4A7C15;

  static uint64_t Mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  uint64_t state_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SAMPLE_NUMBERS_H_
