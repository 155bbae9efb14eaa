#include "engine/load/cells.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"

namespace yijie::engine {
namespace {

template <typename Predicate>
bool AllOf(absl::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(),
                     [predicate](char c) { return predicate(static_cast<unsigned char>(c)); });
}

bool IsUnspecified(const google::protobuf::EnumValueDescriptor& value) {
  return value.number() == 0 && absl::EndsWith(value.name(), "_UNSPECIFIED");
}

std::string NamesOf(const google::protobuf::EnumDescriptor& values) {
  std::vector<absl::string_view> names;
  for (int i = 0; i < values.value_count(); ++i) {
    if (!IsUnspecified(*values.value(i))) names.push_back(values.value(i)->name());
  }
  return absl::StrJoin(names, ", ");
}

}  // namespace

void Cells::Refuse(size_t column, absl::string_view what) {
  errors_.Add(row_.line, columns_[column], what);
  ok_ = false;
}

std::string Cells::Text(size_t column, size_t max_bytes) {
  if (IsEmpty(column)) Refuse(column, "is empty");
  return OptionalText(column, max_bytes);
}

std::string Cells::OptionalText(size_t column, size_t max_bytes) {
  if (Get(column).size() > max_bytes) {
    Refuse(column, absl::StrCat("is longer than ", max_bytes, " bytes"));
  }
  return std::string(Get(column));
}

std::string Cells::Alphanumeric(size_t column, size_t max) {
  const absl::string_view text = Get(column);
  if (text.empty() || text.size() > max || !AllOf(text, absl::ascii_isalnum)) {
    Refuse(column, absl::StrCat("is not 1 to ", max, " letters and digits"));
  }
  return std::string(text);
}

std::string Cells::Digits(size_t column, size_t min, size_t max) {
  const absl::string_view text = Get(column);
  if (text.size() < min || text.size() > max || !AllOf(text, absl::ascii_isdigit)) {
    Refuse(column, min == max ? absl::StrCat("is not ", min, " digits")
                              : absl::StrCat("is not ", min, " to ", max, " digits"));
  }
  return std::string(text);
}

std::string Cells::Printable(size_t column, size_t max) {
  const absl::string_view text = Get(column);
  if (text.empty() || text.size() > max || !AllOf(text, absl::ascii_isprint)) {
    Refuse(column, absl::StrCat("is not 1 to ", max, " printable ASCII characters"));
  }
  return std::string(text);
}

std::string Cells::OneOf(size_t column, absl::Span<const absl::string_view> allowed) {
  const absl::string_view text = Get(column);
  if (std::find(allowed.begin(), allowed.end(), text) == allowed.end()) {
    Refuse(column, absl::StrCat("is not one of ", absl::StrJoin(allowed, ", ")));
  }
  return std::string(text);
}

int Cells::EnumNumber(size_t column, const google::protobuf::EnumDescriptor& values) {
  const google::protobuf::EnumValueDescriptor* const value =
      IsEmpty(column) ? values.FindValueByNumber(0)
                      : values.FindValueByName(std::string(Get(column)));
  if (value == nullptr || IsUnspecified(*value)) {
    Refuse(column, absl::StrCat("is not one of ", NamesOf(values)));
    return 0;
  }
  return value->number();
}

int32_t Cells::Count(size_t column, int32_t most) {
  int32_t count = 0;
  if (!AllOf(Get(column), absl::ascii_isdigit) || !absl::SimpleAtoi(Get(column), &count) ||
      count > most) {
    Refuse(column, absl::StrCat("is not a whole number from 0 to ", most));
    return 0;
  }
  return count;
}

Fen Cells::Yuan(size_t column, Fen max) {
  const absl::StatusOr<Fen> amount = ParseYuan(Get(column));
  if (!amount.ok() || *amount == Fen(0) || *amount > max) {
    Refuse(column, absl::StrCat("is not an amount in yuan above 0, with at most two decimals and ",
                                "not above ", FormatYuan(max)));
    return Fen(1);
  }
  return *amount;
}

Ratio Cells::Percent(size_t column) {
  const absl::StatusOr<Ratio> ratio = ParsePercent(Get(column));
  if (!ratio.ok()) {
    Refuse(column, "is not a percentage from 0% to 100% such as 10%, with at most four decimals");
    return Ratio();
  }
  return *ratio;
}

Date Cells::Day(size_t column) {
  const absl::StatusOr<Date> day = ParseDate(Get(column));
  if (!day.ok()) {
    Refuse(column, "is not a day of the years 1900 to 2199 such as 2026-11-21");
    return kFirstDate;
  }
  return *day;
}

DaySpan Cells::Days(size_t begin_column, size_t end_column) {
  DaySpan span;
  const bool good_before = ok_;
  ok_ = true;
  span.begin = Day(begin_column);
  if (!IsEmpty(end_column)) span.end = Day(end_column);
  if (ok_ && span.end < span.begin) {
    Refuse(end_column, absl::StrCat("is before ", columns_[begin_column]));
  }
  ok_ = ok_ && good_before;
  return span;
}

}  // namespace yijie::engine
