#include "tests/rules/shape_pairs.h"

#include <algorithm>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace yijie::rules {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr const char* kTermKinds[] = {"acc:", "since:", ".over", ".beyond", "balc", "group", "-"};

// Texts for people, and what says where a package applies instead of what it does.
bool IsShape(const FieldDescriptor* field) {
  static const std::set<std::string>* const others = new std::set<std::string>{
      "id",         "title",    "admdvs",        "insutype",   "med_type",
      "valid_from", "valid_to", "version_by",    "known_from", "payment_may_fall",
      "source",     "missing",  "sample_data",   "name",       "label",
      "cite",       "reason",   "fund_pay_type", "is"};
  return others->count(field->name()) == 0;
}

std::string NameOf(const FieldDescriptor* field) {
  constexpr size_t kPackage = sizeof("yijie.v1.") - 1;
  return field->full_name().substr(kPackage);
}

// Which fund pays changes nothing unless it is none.
std::string NameOf(const FieldDescriptor* field, const EnumValueDescriptor* value) {
  if (field->name() == "fund" && value->name() != "HOSPITAL" && value->name() != "EMPLOYER")
    return NameOf(field);
  return absl::StrCat(NameOf(field), "=", value->name());
}

// No package says them: the step is refused, or the value is what stands there unsaid.
bool CanStand(const FieldDescriptor* field, const EnumValueDescriptor* value) {
  const std::string name = NameOf(field, value);
  if (value->number() == 0) return field->has_presence();
  return name != "Pay.fund=EMPLOYER" && name != "Quota.fund=EMPLOYER" &&
         name != "Quota.fund=HOSPITAL" && name != "Benefit.fund=HOSPITAL" &&
         name != "Value.holds=DAY" && name != "Given.holds=DAY";
}

void AllShapes(const Descriptor* type, std::set<const Descriptor*>* seen,
               std::set<std::string>* out) {
  if (!seen->insert(type).second) return;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (!IsShape(field)) continue;
    if (field->message_type() != nullptr) AllShapes(field->message_type(), seen, out);
    if (field->enum_type() == nullptr) {
      out->insert(NameOf(field));
      continue;
    }
    for (int j = 0; j < field->enum_type()->value_count(); ++j) {
      if (CanStand(field, field->enum_type()->value(j)))
        out->insert(NameOf(field, field->enum_type()->value(j)));
    }
  }
}

void AddTerm(const std::string& term, std::set<std::string>* out) {
  for (const char* kind : kTermKinds) {
    const bool ends = kind[0] == '.' && absl::EndsWith(term, kind);
    if (ends || absl::StartsWith(term, kind)) out->insert(absl::StrCat("term ", kind));
  }
}

void ShapesOf(const Message& message, std::set<std::string>* out) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!IsShape(field)) continue;
    if (field->enum_type() != nullptr) {
      out->insert(NameOf(field, reflection->GetEnum(message, field)));
      continue;
    }
    out->insert(NameOf(field));
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->message_type() != nullptr) {
        ShapesOf(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                      : reflection->GetMessage(message, field),
                 out);
      } else if (field->is_repeated() || field->name() == "times" || field->name() == "of") {
        AddTerm(field->is_repeated() ? reflection->GetRepeatedString(message, field, i)
                                     : reflection->GetString(message, field),
                out);
      }
    }
  }
}

}  // namespace

ShapePairs::ShapePairs() {
  std::set<std::string> all;
  std::set<const Descriptor*> seen;
  AllShapes(v1::Package::descriptor(), &seen, &all);
  for (const char* kind : kTermKinds) all.insert(absl::StrCat("term ", kind));
  for (const std::string& name : all) names_.emplace(name, names_.size());
  together_.resize(names_.size() * names_.size());
  for (const auto& [name, index] : names_)
    of_package_rounding_.push_back(absl::StartsWith(name, "Package.rounding="));
}

void ShapePairs::Add(const ShapePairs& others) {
  for (size_t i = 0; i < together_.size(); ++i) together_[i] += others.together_[i];
}

void ShapePairs::Add(const v1::Package& package) {
  std::set<std::string> shapes;
  ShapesOf(package, &shapes);
  std::vector<size_t> indexes;  // rising, as names are
  for (const std::string& shape : shapes) {
    const auto found = names_.find(shape);
    YIJIE_CHECK(found != names_.end(), "a package has a shape that the vocabulary has not");
    indexes.push_back(found->second);
  }
  for (size_t i = 0; i < indexes.size(); ++i) {
    for (size_t j = i + 1; j < indexes.size(); ++j)
      ++together_[indexes[i] * names_.size() + indexes[j]];
  }
}

std::string ShapePairs::Missing() const {
  std::string text;
  int missing = 0;
  for (const auto& [a, i] : names_) {
    for (const auto& [b, j] : names_) {
      if (i < j && !Exclude(i, j) && Count(i, j) == 0 && ++missing <= 30)
        absl::StrAppend(&text, a, " x ", b, "\n");
    }
  }
  return missing == 0 ? "" : absl::StrCat(missing, " pairs, such as\n", text);
}

int64_t ShapePairs::Rarest() const {
  int64_t rarest = INT64_MAX;
  for (size_t i = 0; i < names_.size(); ++i) {
    for (size_t j = i + 1; j < names_.size(); ++j) {
      if (!Exclude(i, j)) rarest = std::min(rarest, Count(i, j));
    }
  }
  return rarest;
}

}  // namespace yijie::rules
