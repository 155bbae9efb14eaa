#ifndef YIJIE_RULES_RUNNING_TOTALS_H_
#define YIJIE_RULES_RUNNING_TOTALS_H_

#include <array>
#include <cstdint>

#include "rules/decision.h"
#include "rules/program.h"

namespace yijie::rules {

// Days since the day of an accumulator that holds none (Operand::kSince).
inline constexpr int64_t kNeverDays = 999'999;

// First day of the benefit year that `day` lies in.
Date BenefitYearStart(const Program& program, Date day);
// First day of the one after it.
Date NextBenefitYearStart(const Program& program, Date day);

// Which of a person's totals the accumulator is for a claim.
AccumulatorKey KeyFor(const Program& program, const AccumulatorSpec& spec, const Input& input);

// The accumulators of a package during one evaluation: what the person's totals hold before the
// claim and what the claim adds. Each is looked up once, when it is first needed; that it was
// needed is recorded, for the claim depends on it.
class RunningTotals {
 public:
  // The deltas of `decision` so far count as known: those of the parts before.
  RunningTotals(const Program& program, const Input& input, Decision& decision)
      : program_(program), input_(input), decision_(decision) {
    if (decision.totals.size() < program.accumulators.size())
      decision.totals.resize(program.accumulators.size());
  }

  // From now on the periods are those of `enddate`, which lies in the benefit year that begins on
  // `year`. Call Finish before.
  void Begin(Date enddate, Date year) {
    enddate_ = enddate;
    year_ = year;
    loaded_ = 0;
    periods_known_ = 0;
  }
  int64_t Value(uint16_t accumulator) {
    if (!IsKept(accumulator)) return 0;
    Load(accumulator);
    return decision_.totals[accumulator].before + decision_.totals[accumulator].added;
  }
  void Add(uint16_t accumulator, int64_t value) {
    if (!IsKept(accumulator)) return;
    Load(accumulator);
    decision_.totals[accumulator].added += value;
  }
  // Writes what was added to the deltas of the decision, 0 for totals only read.
  void Finish();

 private:
  // Two claims without a disease code are not known to be for the same disease, so no day of one is
  // a day of the other; of sums and counts all such claims have one, or whoever leaves the code out
  // would get each bound anew.
  bool IsKept(uint16_t accumulator) const {
    const AccumulatorSpec& spec = program_.accumulators[accumulator];
    return !spec.per_dise_codg || spec.holds != Holds::kDay || input_.dise_codg != Symbol::kNone;
  }
  void Load(uint16_t accumulator) {
    if ((loaded_ >> accumulator & 1) == 0) LoadFirst(accumulator);
  }
  void LoadFirst(uint16_t accumulator);
  Date PeriodStart(Period period);

  const Program& program_;
  const Input& input_;
  Decision& decision_;
  Date enddate_;
  Date year_;
  uint64_t loaded_ = 0;  // one bit for each of Decision::totals that means something
  uint8_t periods_known_ = 0;
  std::array<Date, kPeriods> period_start_;
};
static_assert(kMaxAccumulators <= 64, "one bit for each accumulator");

}  // namespace yijie::rules

#endif  // YIJIE_RULES_RUNNING_TOTALS_H_
