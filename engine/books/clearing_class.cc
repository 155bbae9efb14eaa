#include "engine/books/clearing_class.h"

#include <array>

#include "absl/strings/match.h"
#include "engine/claim_input.h"

namespace yijie::engine {
namespace {

struct KindClass {
  absl::string_view med_type;  // or what it begins with
  absl::string_view clr_type;
};

// Longer codes before those they begin with.
constexpr std::array<KindClass, 17> kKindClasses = {{{"2102", "27"},
                                                     {"2106", "99940"},
                                                     {"2107", "99940"},
                                                     {"990101", "99"},
                                                     {"990103", "99"},
                                                     {"9901", "15"},
                                                     {"11", "11"},
                                                     {"12", "12"},
                                                     {"13", "13"},
                                                     {"14", "14"},
                                                     {"18", "18"},
                                                     {"21", "21"},
                                                     {"22", "22"},
                                                     {"28", "28"},
                                                     {"41", "41"},
                                                     {"51", "53"},
                                                     {"52", "99940"}}};

struct ClassWord {
  absl::string_view clr_type;
  absl::string_view word;
};

constexpr std::array<ClassWord, 21> kClassWords = {{{"11", "门诊"},
                                                    {"1103", "意外伤害门诊"},
                                                    {"12", "门诊挂号"},
                                                    {"13", "急诊"},
                                                    {"14", "门诊慢特病"},
                                                    {"15", "两病门诊"},
                                                    {"18", "特药购药"},
                                                    {"21", "住院"},
                                                    {"22", "意外伤害住院"},
                                                    {"27", "单病种住院"},
                                                    {"28", "日间手术"},
                                                    {"41", "药店购药"},
                                                    {"53", "生育门诊"},
                                                    {"99", "其他"},
                                                    {"9909", "域内异地"},
                                                    {"9974", "域外异地药店购药"},
                                                    {"9975", "域内异地门慢门特"},
                                                    {"9987", "域外异地门慢门特"},
                                                    {"99940", "生育住院"},
                                                    {"99963", "域外异地门诊"},
                                                    {"99968", "域外异地住院"}}};

constexpr absl::string_view kHunan = "43";
constexpr absl::string_view kChronic = "14";
constexpr absl::string_view kPurchase = "41";
constexpr absl::string_view kAccidentOutpatient = "9903";

// Of Hunan's dictionary; "" where the national class stands.
absl::string_view HunanClass(absl::string_view med_type, rules::CarePlace place) {
  const bool chronic = absl::StartsWith(med_type, kChronic);
  if (place == rules::CarePlace::kInProvince) return chronic ? "9975" : "9909";
  if (place == rules::CarePlace::kLocal)
    return absl::StartsWith(med_type, kAccidentOutpatient) ? "1103" : "";
  if (chronic) return "9987";
  if (absl::StartsWith(med_type, kPurchase)) return "9974";
  const bool in_patient = absl::StartsWith(med_type, "2") || absl::StartsWith(med_type, "52");
  return in_patient ? "99968" : "99963";
}

}  // namespace

absl::string_view ClearingClass(absl::string_view med_type, absl::string_view insured_admdvs,
                                absl::string_view care_admdvs) {
  if (absl::StartsWith(care_admdvs, kHunan)) {
    const absl::string_view local = HunanClass(med_type, CarePlaceOf(insured_admdvs, care_admdvs));
    if (!local.empty()) return local;
  }
  for (const KindClass& kind : kKindClasses) {
    if (absl::StartsWith(med_type, kind.med_type)) return kind.clr_type;
  }
  return "99";
}

absl::string_view ClearingClassWords(absl::string_view clr_type) {
  for (const ClassWord& entry : kClassWords) {
    if (entry.clr_type == clr_type) return entry.word;
  }
  return "";
}

}  // namespace yijie::engine
