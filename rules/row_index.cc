#include "rules/row_index.h"

#include "base/check.h"

namespace yijie::rules {
namespace {

constexpr uint32_t kMostRows = 64;  // one bit each

// Words of the fact in the index that began with fact `first`; made if there are none yet.
uint32_t WordsOf(Program& program, size_t first, uint16_t fact) {
  for (size_t f = first; f < program.indexed_facts.size(); ++f)
    if (program.indexed_facts[f].fact == fact) return program.indexed_facts[f].words;
  const auto words = static_cast<uint32_t>(program.index_words.size());
  program.indexed_facts.push_back({fact, words});
  program.index_words.resize(words + kIndexedValues, ~uint64_t{0});
  return words;
}

void IndexList(Program& program, RowSlice& list) {
  list.index = kNoIndex;
  if (list.empty() || list.end - list.begin > kMostRows) return;
  const auto first = static_cast<uint32_t>(program.indexed_facts.size());
  for (uint32_t i = list.begin; i < list.end; ++i) {
    Row& row = program.rows[i];
    row.rest = row.when;
    for (; !row.rest.empty() && IsIndexed(program.conditions[row.rest.begin]); ++row.rest.begin) {
      const Condition& condition = program.conditions[row.rest.begin];
      YIJIE_CHECK(condition.mask >> kIndexedValues == 0, "a fact has more values than the index");
      const uint32_t words = WordsOf(program, first, condition.index);
      for (uint32_t value = 0; value < kIndexedValues; ++value) {
        const bool holds = ((condition.mask >> value & 1) != 0) != condition.negated;
        if (!holds) program.index_words[words + value] &= ~(uint64_t{1} << (i - list.begin));
      }
    }
  }
  list.index = static_cast<uint32_t>(program.row_indexes.size());
  program.row_indexes.push_back({first, static_cast<uint32_t>(program.indexed_facts.size())});
}

}  // namespace

void IndexRows(Program& program) {
  program.row_indexes.clear();
  program.indexed_facts.clear();
  program.index_words.clear();
  for (Step& step : program.steps) {
    IndexList(program, step.rows);
    IndexList(program, step.at_least);
  }
  for (Limit& limit : program.limits) IndexList(program, limit.rows);
}

}  // namespace yijie::rules
