#ifndef YIJIE_TESTS_SIM_DRAWS_H_
#define YIJIE_TESTS_SIM_DRAWS_H_

// All chance of a simulation comes from one number.

#include <cstdint>
#include <vector>

namespace yijie::sim {

// SplitMix64: cheap to start, the same on every machine.
class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x632BE59BD9B4E019u) {}

  uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // 0 to n - 1.
  int Below(int n) { return static_cast<int>(Next() % static_cast<uint64_t>(n)); }
  // Both inclusive.
  int64_t Between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(Next() % static_cast<uint64_t>(most - least + 1));
  }
  bool Percent(int percent) { return Below(100) < percent; }
  bool PerMille(int per_mille) { return Below(1000) < per_mille; }
  template <typename T>
  const T& Of(const std::vector<T>& list) {
    return list[static_cast<size_t>(Below(static_cast<int>(list.size())))];
  }

 private:
  uint64_t state_;
};

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_DRAWS_H_
