#include "engine/lint/narrow.h"

#include <algorithm>

#include "rules/row_space.h"

namespace yijie::engine {
namespace {

using rules::Fact;
using rules::Program;
using rules::Slice;

// Facts of the line at hand, and those that differ between the parts of a split stay.
bool ChangesMeanwhile(Fact fact) {
  switch (fact) {
    case Fact::kChrgitmLv:
    case Fact::kItemKind:
    case Fact::kPric:
    case Fact::kMedListCodg:
    case Fact::kUnrelated:
    case Fact::kEnddate:
    case Fact::kStayDays:
    case Fact::kStayPart:
    case Fact::kCrossesYear:
      return true;
    default:
      return false;
  }
}

// From the first to the last element of `all` whose conditions may hold. Without an index: that is
// of the whole list.
template <typename T>
Slice Cut(const Program& program, const std::vector<T>& elements, Slice all,
          const rules::Facts& facts) {
  Slice cut{all.begin, all.begin};
  for (uint32_t i = all.begin; i < all.end; ++i) {
    if (!MayHold(program, elements[i].when, facts)) continue;
    if (cut.empty()) cut.begin = i;
    cut.end = i + 1;
  }
  return cut;
}

}  // namespace

bool MayHold(const Program& program, Slice when, const rules::Facts& facts) {
  for (uint32_t i = when.begin; i < when.end; ++i) {
    const rules::Condition& condition = program.conditions[i];
    if (condition.operand != rules::Operand::kFact ||
        condition.test == rules::Condition::Test::kHeld) {
      continue;
    }
    const Fact fact = static_cast<Fact>(condition.index);
    if (!ChangesMeanwhile(fact) && !HoldsFor(program, condition, facts[fact])) return false;
  }
  return true;
}

const Program& NarrowProgram::For(const rules::Facts& facts) {
  if (SameAsBefore(facts)) return narrow_;
  for (size_t s = 0; s < whole_.steps.size(); ++s) {
    const rules::Step& step = whole_.steps[s];
    narrow_.steps[s].rows = {Cut(whole_, whole_.rows, step.rows, facts)};
    narrow_.steps[s].at_least = {Cut(whole_, whole_.rows, step.at_least, facts)};
    narrow_.steps[s].adjusts = Cut(whole_, whole_.adjusts, step.adjusts, facts);
  }
  for (size_t i = 0; i < whole_.limits.size(); ++i)
    narrow_.limits[i].rows = {Cut(whole_, whole_.rows, whole_.limits[i].rows, facts)};
  facts_ = facts;
  cut_ = true;
  return narrow_;
}

bool NarrowProgram::SameAsBefore(const rules::Facts& facts) const {
  for (size_t i = 0; i < rules::kFactCount; ++i) {
    const Fact fact = static_cast<Fact>(i);
    if (facts_[fact] != facts[fact]) return false;
  }
  return cut_;
}

}  // namespace yijie::engine
