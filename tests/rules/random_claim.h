#ifndef YIJIE_TESTS_RULES_RANDOM_CLAIM_H_
#define YIJIE_TESTS_RULES_RANDOM_CLAIM_H_

// Claims made up from a seed, shaped after the package they are for: mostly ordinary, often at the
// edges of its figures.

#include <cstdint>
#include <vector>

#include "rules/decision.h"
#include "rules/program.h"

namespace yijie::rules {

// SplitMix64: small, fast, the same on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // 0 to n - 1.
  int64_t Below(int64_t n) { return static_cast<int64_t>(Next() % static_cast<uint64_t>(n)); }
  int64_t Between(int64_t low, int64_t high) { return low + Below(high - low + 1); }
  bool Percent(int percent) { return Below(100) < percent; }
  // 0 to about `max`, every order of magnitude equally often.
  int64_t Magnitude(int64_t max);

 private:
  uint64_t state_;
};

// A claim with everything its Input points to. Reused from claim to claim.
struct MadeClaim {
  std::vector<CatalogueItem> items;
  std::vector<Line> lines;
  std::vector<AccumulatorEntry> totals;
  std::vector<Symbol> rights;
  std::vector<int64_t> given;
  Input input;
};

// Fills `out` with a claim for `program`. Its contract is that of Evaluate.
void MakeClaim(const Program& program, Random& random, MadeClaim* out);

// The same person's next claim: new facts and lines, totals and account kept.
void MakeNextClaim(const Program& program, Random& random, MadeClaim* out);

// Points out->input at the parts of `out`; needed after copying.
void Connect(MadeClaim* out);

// The total `spec` stands for on `day`, computed apart from the engine.
AccumulatorKey KeyFor(const Program& program, const AccumulatorSpec& spec, const Input& input,
                      Date day);

// Something for a total to hold before `input`: often near a figure of the package.
int64_t MakeTotal(const Program& program, const AccumulatorSpec& spec, const Input& input,
                  Random& random);

}  // namespace yijie::rules

#endif  // YIJIE_TESTS_RULES_RANDOM_CLAIM_H_
