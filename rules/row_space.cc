#include "rules/row_space.h"

#include <algorithm>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "base/date.h"
#include "rules/running_totals.h"

namespace yijie::rules {
namespace {

constexpr size_t kWordBits = 64;
// Rights are combined fully up to this many, then one or two at a time.
constexpr size_t kFullyCombinedRights = 6;

void SetBit(std::vector<uint64_t>* bits, size_t i) {
  (*bits)[i / kWordBits] |= uint64_t{1} << (i % kWordBits);
}
bool HasBit(const std::vector<uint64_t>& bits, size_t i) {
  return (bits[i / kWordBits] >> (i % kWordBits) & 1) != 0;
}

std::vector<uint64_t> And(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  std::vector<uint64_t> result(a.size());
  for (size_t i = 0; i < a.size(); ++i) result[i] = a[i] & b[i];
  return result;
}

const CellSpec* SpecOf(uint16_t fact) {
  for (const CellSpec& spec : CellSpecs()) {
    if (static_cast<uint16_t>(spec.fact) == fact) return &spec;
  }
  return nullptr;
}

// What a number that is no fact can be.
Interval DomainOf(Operand operand) {
  return operand == Operand::kSince ? Interval{0, kNeverDays} : Interval{0, kMaxClaimFen};
}

// First or last days that claims for the package can have. The day that decides (VersionBy) lies in
// its version; the others are a stay away, and discharge comes before filing.
Interval DaysOf(const Program& program, Fact fact) {
  const Interval version{program.valid_from.days(), program.valid_to.days()};
  const bool first_day = fact == Fact::kBegndate;
  Interval days = version;
  switch (program.version_by) {
    case VersionBy::kEnddate:
      if (first_day) days.low -= kMaxStayDays;
      break;
    case VersionBy::kBegndate:
      if (!first_day) days.high += kMaxStayDays;
      break;
    case VersionBy::kFiling:
      days.low = kFirstDate.days();
      break;
    case VersionBy::kService:
      if (first_day)
        days.low -= kMaxStayDays;
      else
        days.high += kMaxStayDays;
      break;
  }
  return {std::max<int64_t>(days.low, kFirstDate.days()),
          std::min<int64_t>(days.high, kLastDate.days())};
}

Interval DomainOf(const Program& program, const Dimension& dimension) {
  if (dimension.spec == nullptr) return DomainOf(dimension.operand);
  const Fact fact = dimension.spec->fact;
  const bool is_day_of_claim = fact == Fact::kEnddate || fact == Fact::kBegndate;
  return is_day_of_claim ? DaysOf(program, fact) : dimension.spec->domain;
}

std::vector<int64_t> HeldSets(size_t rights) {
  std::vector<int64_t> sets = {0};
  if (rights <= kFullyCombinedRights) {
    for (int64_t set = 1; set < int64_t{1} << rights; ++set) sets.push_back(set);
    return sets;
  }
  for (size_t i = 0; i < rights && i < kWordBits - 2; ++i) {
    sets.push_back(int64_t{1} << i);
    for (size_t j = 0; j < i; ++j) sets.push_back(int64_t{1} << i | int64_t{1} << j);
  }
  return sets;
}

}  // namespace

RowSpace::RowSpace(const Program& program, std::vector<Slice> rows, std::vector<Slice> gates)
    : program_(program), whens_(std::move(rows)), row_count_(whens_.size()) {
  whens_.insert(whens_.end(), gates.begin(), gates.end());
  for (const Slice& when : whens_) {
    std::vector<size_t>& of = dimension_of_.emplace_back();
    for (uint32_t i = when.begin; i < when.end; ++i)
      of.push_back(DimensionOf(program_.conditions[i]));
  }
  CutDimensions();
  const size_t words = (whens_.size() + kWordBits - 1) / kWordBits;
  allowed_.resize(dimensions_.size());
  for (size_t d = 0; d < dimensions_.size(); ++d)
    allowed_[d].assign(dimensions_[d].values.size(), Bits(words, ~uint64_t{0}));
  gates_decided_.assign(dimensions_.size() + 1, Bits(words, 0));
  for (size_t w = 0; w < whens_.size(); ++w) {
    size_t last = 0;  // dimensions up to here have to be known
    for (size_t c = 0; c < dimension_of_[w].size(); ++c) {
      const size_t d = dimension_of_[w][c];
      last = std::max(last, d + 1);
      const Condition& condition = program_.conditions[whens_[w].begin + c];
      for (size_t v = 0; v < dimensions_[d].values.size(); ++v) {
        if (!Holds(condition, dimensions_[d], v))
          allowed_[d][v][w / kWordBits] &= ~(uint64_t{1} << (w % kWordBits));
      }
    }
    for (size_t d = last; w >= row_count_ && d <= dimensions_.size(); ++d)
      SetBit(&gates_decided_[d], w);
  }
}

size_t RowSpace::DimensionOf(const Condition& condition) {
  const bool held = condition.test == Condition::Test::kHeld;
  for (size_t d = 0; d < dimensions_.size(); ++d) {
    const Dimension& known = dimensions_[d];
    if (known.operand == condition.operand && known.index == condition.index &&
        held == (known.spec != nullptr && known.spec->form == CellForm::kHeld)) {
      return d;
    }
  }
  Dimension dimension;
  dimension.operand = condition.operand;
  dimension.index = condition.index;
  if (condition.operand == Operand::kFact) dimension.spec = SpecOf(condition.index);
  dimensions_.push_back(std::move(dimension));
  return dimensions_.size() - 1;
}

void RowSpace::CutDimensions() {
  std::vector<std::set<int64_t>> values(dimensions_.size());
  for (size_t d = 0; d < dimensions_.size(); ++d) {
    const Dimension& dimension = dimensions_[d];
    const CellForm form = dimension.spec == nullptr ? CellForm::kCount : dimension.spec->form;
    if (form == CellForm::kEnum) {
      for (size_t i = 0; i < dimension.spec->names.size(); ++i)
        if (!dimension.spec->names[i].empty()) values[d].insert(static_cast<int64_t>(i));
    } else if (form == CellForm::kCode) {
      const bool med_type = dimension.spec->fact == Fact::kMedType;
      for (const std::string& code : program_.med_type)
        if (med_type) values[d].insert(static_cast<int64_t>(Intern(code)));
      if (!med_type) values[d].insert(static_cast<int64_t>(Symbol::kNone));
    } else if (form != CellForm::kHeld) {
      values[d].insert(DomainOf(program_, dimension).low);
      const bool may_lack = form == CellForm::kDay && (dimension.spec->fact == Fact::kRetireDate ||
                                                       dimension.spec->fact == Fact::kWorkDate);
      if (may_lack) values[d].insert(kNoDay);
    }
  }
  for (size_t w = 0; w < whens_.size(); ++w) {
    for (size_t c = 0; c < dimension_of_[w].size(); ++c) {
      const Condition& condition = program_.conditions[whens_[w].begin + c];
      Dimension& dimension = dimensions_[dimension_of_[w][c]];
      std::set<int64_t>& cuts = values[dimension_of_[w][c]];
      const Interval domain = DomainOf(program_, dimension);
      const bool med_type = dimension.spec != nullptr && dimension.spec->fact == Fact::kMedType;
      for (uint32_t i = condition.values.begin; i < condition.values.end; ++i) {
        if (condition.test == Condition::Test::kIntervals) {
          for (const int64_t cut : {program_.intervals[i].low, program_.intervals[i].high}) {
            const int64_t from =
                cut == program_.intervals[i].high && cut < domain.high ? cut + 1 : cut;
            for (const int64_t value : {cut, from})
              if (domain.low <= value && value <= domain.high) cuts.insert(value);
          }
        } else if (condition.test == Condition::Test::kHeld) {
          const Symbol right = program_.symbols[i];
          if (std::count(dimension.rights.begin(), dimension.rights.end(), right) == 0)
            dimension.rights.push_back(right);
        } else if (!med_type) {
          cuts.insert(static_cast<int64_t>(program_.symbols[i]));
        }
      }
    }
  }
  for (size_t d = 0; d < dimensions_.size(); ++d) {
    dimensions_[d].values = dimensions_[d].rights.empty()
                                ? std::vector<int64_t>(values[d].begin(), values[d].end())
                                : HeldSets(dimensions_[d].rights.size());
  }
}

bool RowSpace::Holds(const Condition& condition, const Dimension& dimension, size_t value) const {
  if (condition.test != Condition::Test::kHeld)
    return HoldsFor(program_, condition, dimension.values[value]);
  bool holds = false;
  for (size_t r = 0; r < dimension.rights.size(); ++r) {
    holds = holds || ((dimension.values[value] >> r & 1) != 0 &&
                      std::binary_search(program_.symbols.begin() + condition.values.begin,
                                         program_.symbols.begin() + condition.values.end,
                                         dimension.rights[r]));
  }
  return holds != condition.negated;
}

bool RowSpace::GateFires(const Bits& alive, size_t decided) const {
  for (size_t i = 0; i < alive.size(); ++i)
    if ((alive[i] & gates_decided_[decided][i]) != 0) return true;
  return false;
}

// A set of rows and gates still possible is walked only so often for each depth: more than once,
// for a point may be one that no claim can be.
constexpr int kWalksOfOneState = 6;

// One depth-first walk.
struct RowSpace::Walk {
  const RowSpace& space;
  const Visit& visit;
  absl::flat_hash_map<std::pair<size_t, Bits>, int> walked = {};
  Point point = {};
  bool stopped = false;

  void From(size_t d, const Bits& alive) {
    if (stopped || space.GateFires(alive, d)) return;
    if (d == space.dimensions_.size()) {
      std::vector<size_t> rows;
      for (size_t r = 0; r < space.row_count_; ++r)
        if (HasBit(alive, r)) rows.push_back(r);
      stopped = !visit(point, rows);
      return;
    }
    if (++walked[{d, alive}] > kWalksOfOneState) return;
    for (size_t v = 0; v < space.dimensions_[d].values.size() && !stopped; ++v) {
      const Bits next = And(alive, space.allowed_[d][v]);
      point.push_back(v);
      From(d + 1, next);
      point.pop_back();
    }
  }
};

void RowSpace::Explore(const Visit& visit) const {
  Walk walk{*this, visit};
  Bits all(gates_decided_[0].size(), 0);
  for (size_t w = 0; w < whens_.size(); ++w) SetBit(&all, w);
  walk.From(0, all);
}

bool RowSpace::FindOnlyFailing(size_t row, uint32_t condition, Point* point) const {
  // The same walk over gates only, along values at which the row's other conditions hold.
  const size_t of = condition - whens_[row].begin;
  absl::flat_hash_set<std::pair<size_t, Bits>> seen;
  Point path;
  const std::function<bool(size_t, const Bits&)> from = [&](size_t d, const Bits& alive) {
    if (GateFires(alive, d)) return false;
    if (d == dimensions_.size()) {
      *point = path;
      return true;
    }
    if (!seen.emplace(d, alive).second) return false;
    for (size_t v = 0; v < dimensions_[d].values.size(); ++v) {
      bool wanted = true;
      for (size_t c = 0; c < dimension_of_[row].size() && wanted; ++c) {
        if (dimension_of_[row][c] != d) continue;
        wanted = Holds(program_.conditions[whens_[row].begin + c], dimensions_[d], v) == (c != of);
      }
      if (!wanted) continue;
      path.push_back(v);
      if (from(d + 1, And(alive, allowed_[d][v]))) return true;
      path.pop_back();
    }
    return false;
  };
  Bits gates(gates_decided_[0].size(), 0);
  for (size_t w = row_count_; w < whens_.size(); ++w) SetBit(&gates, w);
  return from(0, gates);
}

}  // namespace yijie::rules
