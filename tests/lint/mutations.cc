#include "tests/lint/mutations.h"

#include <functional>
#include <vector>

#include <google/protobuf/message.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/date.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// A string field somewhere in the package.
struct Text {
  Message* message;
  const FieldDescriptor* field;
  int index = -1;  // of a repeated field

  std::string Get() const {
    const auto* reflection = message->GetReflection();
    return index < 0 ? reflection->GetString(*message, field)
                     : reflection->GetRepeatedString(*message, field, index);
  }
  void Set(const std::string& value) const {
    const auto* reflection = message->GetReflection();
    if (index < 0) {
      reflection->SetString(message, field, value);
    } else {
      reflection->SetRepeatedString(message, field, index, value);
    }
  }
  std::string Place() const {
    return absl::StrCat(message->GetDescriptor()->name(), ".", field->name());
  }
};

// Every set string field and every repeated message field below `message`.
void Walk(Message* message, const std::function<void(const Text&)>& text,
          const std::function<void(Message*, const FieldDescriptor*)>& list) {
  const auto* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      if (!field->is_repeated()) text({message, field});
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!field->is_repeated()) {
        Walk(reflection->MutableMessage(message, field), text, list);
        continue;
      }
      list(message, field);
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i)
        Walk(reflection->MutableRepeatedMessage(message, field, i), text, list);
    }
  }
}

std::vector<Text> Texts(v1::Package* package, const std::function<bool(const Text&)>& wanted) {
  std::vector<Text> texts;
  Walk(
      package,
      [&](const Text& text) {
        if (wanted(text)) texts.push_back(text);
      },
      [](Message*, const FieldDescriptor*) {});
  return texts;
}

size_t Pick(std::mt19937_64& random, size_t count) {
  return std::uniform_int_distribution<size_t>(0, count - 1)(random);
}

bool IsCell(const Text& text) {
  const std::string& type = text.message->GetDescriptor()->name();
  return type == "When" || (type == "AmountTest" && text.field->name() == "is");
}

bool IsDayCell(const Text& text) {
  return IsCell(text) && (text.Get().find('-') != std::string::npos) &&
         absl::StrContains(text.Get(), "..");
}

// One of the numbers in the text changed by one of its last digit that counts.
std::optional<std::string> ShiftNumber(const std::string& text, std::mt19937_64& random) {
  std::vector<std::pair<size_t, size_t>> numbers;  // begin, length
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[end]))) ++end;
    if (end > i) numbers.push_back({i, end - i});
    i = end > i ? end : i + 1;
  }
  if (numbers.empty()) return std::nullopt;
  const auto [begin, length] = numbers[Pick(random, numbers.size())];
  int64_t value = 0;
  if (!absl::SimpleAtoi(text.substr(begin, length), &value)) return std::nullopt;
  const int64_t step = value >= 1'000 ? 100 : 1;
  const int64_t shifted = value > step && random() % 2 == 0 ? value - step : value + step;
  return text.substr(0, begin) + absl::StrCat(shifted) + text.substr(begin + length);
}

std::optional<std::string> ShiftBound(std::mt19937_64& random, v1::Package* package) {
  const std::vector<Text> texts = Texts(package, [](const Text& text) {
    const bool band = text.message->GetDescriptor()->name() == "Band" && text.field->name() == "to";
    const bool interval = IsCell(text) && absl::StrContains(text.Get(), "..") && !IsDayCell(text);
    return band || interval;
  });
  if (texts.empty()) return std::nullopt;
  const Text& text = texts[Pick(random, texts.size())];
  const std::string before = text.Get();
  const auto after = ShiftNumber(before, random);
  if (!after) return std::nullopt;
  text.Set(*after);
  return absl::StrCat(text.Place(), " ", before, " -> ", *after);
}

std::optional<std::string> DeleteRow(std::mt19937_64& random, v1::Package* package) {
  std::vector<std::pair<Message*, const FieldDescriptor*>> lists;
  Walk(
      package, [](const Text&) {},
      [&lists](Message* message, const FieldDescriptor* field) {
        if (field->name() == "row" || field->name() == "adjust") lists.push_back({message, field});
      });
  if (lists.empty()) return std::nullopt;
  const auto& [message, field] = lists[Pick(random, lists.size())];
  const auto* reflection = message->GetReflection();
  const int size = reflection->FieldSize(*message, field);
  const int row = static_cast<int>(Pick(random, static_cast<size_t>(size)));
  for (int i = row; i + 1 < size; ++i) reflection->SwapElements(message, field, i, i + 1);
  reflection->RemoveLast(message, field);
  return absl::StrCat(message->GetDescriptor()->name(), ".", field->name(), " ", row + 1,
                      " deleted");
}

std::optional<std::string> MoveDate(std::mt19937_64& random, v1::Package* package) {
  const std::vector<Text> texts = Texts(package, [](const Text& text) {
    const bool validity = text.message->GetDescriptor()->name() == "Package" &&
                          (text.field->name() == "valid_from" || text.field->name() == "valid_to");
    return validity || IsDayCell(text);
  });
  if (texts.empty()) return std::nullopt;
  const Text& text = texts[Pick(random, texts.size())];
  const std::string before = text.Get();
  for (size_t i = 0; i + 10 <= before.size(); ++i) {
    const auto day = ParseDate(before.substr(i, 10));
    if (!day.ok()) continue;
    const int shift = static_cast<int>(Pick(random, 30)) + 1;
    const Date moved(day->days() + (random() % 2 == 0 ? shift : -shift));
    text.Set(before.substr(0, i) + FormatDate(moved) + before.substr(i + 10));
    return absl::StrCat(text.Place(), " ", before, " -> ", text.Get());
  }
  return std::nullopt;
}

std::optional<std::string> SwapPercentages(std::mt19937_64& random, v1::Package* package) {
  v1::Step* step = package->mutable_step(
      static_cast<int>(Pick(random, static_cast<size_t>(package->step_size()))));
  std::vector<Text> texts;
  Walk(
      step,
      [&texts](const Text& text) {
        if (!IsCell(text) && absl::EndsWith(text.Get(), "%")) texts.push_back(text);
      },
      [](Message*, const FieldDescriptor*) {});
  if (texts.size() < 2) return std::nullopt;
  const Text& a = texts[Pick(random, texts.size())];
  const Text& b = texts[Pick(random, texts.size())];
  const std::string of_a = a.Get();
  const std::string of_b = b.Get();
  if (of_a == of_b || a.field != b.field) return std::nullopt;
  a.Set(of_b);
  b.Set(of_a);
  return absl::StrCat(a.Place(), " of ", step->id(), ": ", of_a, " <-> ", of_b);
}

std::optional<std::string> ForgetClass(std::mt19937_64& random, v1::Package* package) {
  const std::vector<Text> texts = Texts(package, [](const Text& text) {
    return text.message->GetDescriptor()->name() == "When" && absl::StrContains(text.Get(), ",") &&
           !absl::StrContains(text.Get(), "..");
  });
  if (texts.empty()) return std::nullopt;
  const Text& text = texts[Pick(random, texts.size())];
  const std::string before = text.Get();
  const bool negated = absl::StartsWith(before, "not(");
  const std::string inside = negated ? before.substr(4, before.size() - 5) : before;
  std::vector<std::string> names = absl::StrSplit(inside, ',');
  names.erase(names.begin() + static_cast<std::ptrdiff_t>(Pick(random, names.size())));
  const std::string rest = absl::StrJoin(names, ",");
  text.Set(negated ? absl::StrCat("not(", rest, ")") : rest);
  return absl::StrCat(text.Place(), " ", before, " -> ", text.Get());
}

}  // namespace

const char* SlipName(Slip slip) {
  switch (slip) {
    case Slip::kBound:
      return "bound shifted";
    case Slip::kRow:
      return "row deleted";
    case Slip::kDate:
      return "date moved";
    case Slip::kPercentages:
      return "percentages swapped";
    case Slip::kClass:
      return "class forgotten";
  }
  return "";
}

std::optional<std::string> MakeSlip(Slip slip, std::mt19937_64& random, v1::Package* package) {
  switch (slip) {
    case Slip::kBound:
      return ShiftBound(random, package);
    case Slip::kRow:
      return DeleteRow(random, package);
    case Slip::kDate:
      return MoveDate(random, package);
    case Slip::kPercentages:
      return SwapPercentages(random, package);
    case Slip::kClass:
      return ForgetClass(random, package);
  }
  return std::nullopt;
}

}  // namespace yijie::engine
