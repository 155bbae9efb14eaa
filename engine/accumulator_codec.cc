#include "engine/accumulator_codec.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {
namespace {

void AppendPart(absl::string_view name, absl::string_view value, std::string* key) {
  absl::StrAppend(key, key->empty() ? "" : ";", name, "=", value);
}

// Takes "name=value" and the separator after it off the front.
bool ConsumePart(absl::string_view name, absl::string_view* key, absl::string_view* value) {
  if (!absl::ConsumePrefix(key, name)) return false;
  const size_t end = key->find(';');
  *value = key->substr(0, end);
  key->remove_prefix(end == absl::string_view::npos ? key->size() : end + 1);
  return true;
}

absl::Status ParseKey(absl::string_view text, rules::AccumulatorKey* key) {
  absl::string_view value;
  if (ConsumePart("institution=", &text, &value)) key->institution = rules::Intern(value);
  if (ConsumePart("hosp_lv=", &text, &value)) {
    yijie::v1::HospitalLevel level;
    if (!yijie::v1::HospitalLevel_Parse(std::string(value), &level)) {
      return absl::DataLossError(absl::StrCat("hospital level \"", value, "\" is not known"));
    }
    key->hosp_lv = level;
  }
  // The last part takes the rest: a disease code may hold any printable character.
  if (absl::ConsumePrefix(&text, "dise_codg=")) {
    key->dise_codg = rules::Intern(text);
    text = "";
  }
  if (text.empty()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("accumulator key part \"", text, "\" is not known"));
}

}  // namespace

void ToProto(const rules::AccumulatorEntry& entry, yijie::v1::AccumulatorValue* value) {
  const absl::string_view insutype = rules::SymbolName(entry.key.insutype);
  const absl::string_view name = rules::SymbolName(entry.key.name);
  value->mutable_insutype()->assign(insutype.data(), insutype.size());
  value->mutable_name()->assign(name.data(), name.size());
  value->set_period(FormatDate(entry.key.period));
  std::string* key = value->mutable_key();
  if (entry.key.institution != rules::Symbol::kNone)
    AppendPart("institution", rules::SymbolName(entry.key.institution), key);
  if (entry.key.hosp_lv >= 0) {
    AppendPart(
        "hosp_lv",
        yijie::v1::HospitalLevel_Name(static_cast<yijie::v1::HospitalLevel>(entry.key.hosp_lv)),
        key);
  }
  if (entry.key.dise_codg != rules::Symbol::kNone)
    AppendPart("dise_codg", rules::SymbolName(entry.key.dise_codg), key);
  value->set_value(entry.value);
}

absl::StatusOr<rules::AccumulatorEntry> FromProto(const yijie::v1::AccumulatorValue& value) {
  rules::AccumulatorEntry entry;
  entry.key.insutype = rules::Intern(value.insutype());
  entry.key.name = rules::Intern(value.name());
  YIJIE_ASSIGN_OR_RETURN(entry.key.period, ParseDate(value.period()));
  YIJIE_RETURN_IF_ERROR(ParseKey(value.key(), &entry.key));
  entry.value = value.value();
  return entry;
}

bool RecordOrder(const yijie::v1::AccumulatorValue& a, const yijie::v1::AccumulatorValue& b) {
  return std::tie(a.insutype(), a.name(), a.period(), a.key()) <
         std::tie(b.insutype(), b.name(), b.period(), b.key());
}

}  // namespace yijie::engine
