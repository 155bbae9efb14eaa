#include "engine/accumulator_codec.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {
namespace {

void AppendPart(absl::string_view name, absl::string_view value, std::string* key) {
  absl::StrAppend(key, key->empty() ? "" : ";", name, "=", value);
}

absl::Status ParseKeyPart(absl::string_view part, rules::AccumulatorKey* key) {
  if (absl::ConsumePrefix(&part, "institution=")) {
    key->institution = rules::Intern(part);
  } else if (absl::ConsumePrefix(&part, "dise_codg=")) {
    key->dise_codg = rules::Intern(part);
  } else if (yijie::v1::HospitalLevel level;
             absl::ConsumePrefix(&part, "hosp_lv=") &&
             yijie::v1::HospitalLevel_Parse(std::string(part), &level)) {
    key->hosp_lv = level;
  } else {
    return absl::DataLossError(absl::StrCat("accumulator key part \"", part, "\" is not known"));
  }
  return absl::OkStatus();
}

}  // namespace

yijie::v1::AccumulatorValue ToProto(const rules::AccumulatorEntry& entry) {
  yijie::v1::AccumulatorValue value;
  value.set_insutype(std::string(rules::SymbolName(entry.key.insutype)));
  value.set_name(std::string(rules::SymbolName(entry.key.name)));
  value.set_period(FormatDate(entry.key.period));
  std::string* key = value.mutable_key();
  if (entry.key.institution != rules::Symbol::kNone)
    AppendPart("institution", rules::SymbolName(entry.key.institution), key);
  if (entry.key.dise_codg != rules::Symbol::kNone)
    AppendPart("dise_codg", rules::SymbolName(entry.key.dise_codg), key);
  if (entry.key.hosp_lv >= 0) {
    AppendPart(
        "hosp_lv",
        yijie::v1::HospitalLevel_Name(static_cast<yijie::v1::HospitalLevel>(entry.key.hosp_lv)),
        key);
  }
  value.set_value(entry.value);
  return value;
}

absl::StatusOr<rules::AccumulatorEntry> FromProto(const yijie::v1::AccumulatorValue& value) {
  rules::AccumulatorEntry entry;
  entry.key.insutype = rules::Intern(value.insutype());
  entry.key.name = rules::Intern(value.name());
  YIJIE_ASSIGN_OR_RETURN(entry.key.period, ParseDate(value.period()));
  if (!value.key().empty()) {
    for (const absl::string_view part : absl::StrSplit(value.key(), ';')) {
      YIJIE_RETURN_IF_ERROR(ParseKeyPart(part, &entry.key));
    }
  }
  entry.value = value.value();
  return entry;
}

bool RecordOrder(const yijie::v1::AccumulatorValue& a, const yijie::v1::AccumulatorValue& b) {
  return std::tie(a.insutype(), a.name(), a.period(), a.key()) <
         std::tie(b.insutype(), b.name(), b.period(), b.key());
}

}  // namespace yijie::engine
