#include "rules/vocabulary.h"

#include <algorithm>

#include <google/protobuf/descriptor.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "base/fen.h"
#include "base/ratio.h"
#include "base/status_macros.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::rules {
namespace {

namespace v1 = yijie::v1;

constexpr int kAreaDigits = 6;

bool IsAllDigits(absl::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

EnumNames NamesOf(const google::protobuf::EnumDescriptor* type) {
  EnumNames names;
  for (int i = 0; i < type->value_count(); ++i) {
    const auto number = static_cast<size_t>(type->value(i)->number());
    if (names.size() <= number) names.resize(number + 1);
    names[number] = type->value(i)->name();
  }
  return names;
}

// Without the value 0, which stands for "not said" and reaches no claim.
EnumNames NamesWithoutUnspecified(const google::protobuf::EnumDescriptor* type) {
  EnumNames names = NamesOf(type);
  names[0] = "";
  return names;
}

absl::StatusOr<int64_t> ParseFenValue(absl::string_view text) {
  YIJIE_ASSIGN_OR_RETURN(const Fen fen, ParseYuan(text));
  return fen.value();
}

absl::StatusOr<int64_t> ParseDayValue(absl::string_view text) {
  YIJIE_ASSIGN_OR_RETURN(const Date day, ParseDate(text));
  return day.days();
}

absl::StatusOr<int64_t> ParsePercentValue(absl::string_view text) {
  YIJIE_ASSIGN_OR_RETURN(const Ratio ratio, ParsePercent(text));
  return ratio.millionths();
}

// Days that no fact has are outside every interval, also of one with an open end.
absl::StatusOr<Cell> ParseDayCell(absl::string_view text) {
  YIJIE_ASSIGN_OR_RETURN(Cell cell, ParseIntervalCell(text, ParseDayValue));
  for (Interval& interval : cell.intervals) {
    interval.low = std::max<int64_t>(interval.low, kFirstDate.days());
    interval.high = std::min<int64_t>(interval.high, kLastDate.days());
  }
  return cell;
}

// "11, 1201, 130102": all codes that begin with one of them.
absl::StatusOr<Cell> ParseAreaCell(absl::string_view text) {
  YIJIE_ASSIGN_OR_RETURN(
      Cell cell, ParseIntervalCell(text, [](absl::string_view code) -> absl::StatusOr<int64_t> {
        int64_t value = 0;
        if (!IsAllDigits(code) || code.size() > kAreaDigits || code.size() % 2 != 0 ||
            !absl::SimpleAtoi(code, &value)) {
          return absl::InvalidArgumentError(
              absl::StrCat("\"", code, "\" is not an area code or its first two or four digits"));
        }
        // The length is told by the factor up to six digits; no code begins with 0.
        return value;
      }));
  for (Interval& interval : cell.intervals) {
    int64_t step = 1;
    for (int64_t low = interval.low; low > 0 && low * step < 100'000; step *= 100) {
    }
    interval.high = (interval.high + 1) * step - 1;
    interval.low *= step;
  }
  return cell;
}

constexpr Interval kNoDomain{0, -1};
constexpr Interval kDays{kFirstDate.days(), kLastDate.days()};

std::vector<CellSpec> MakeSpecs() {
  const EnumNames no_yes = {"NO", "YES"};
  const auto enums = [](const char* field, Fact fact, EnumNames names, bool of_line = false) {
    return CellSpec{field, fact, CellForm::kEnum, std::move(names), kNoDomain, of_line};
  };
  const auto counts = [](const char* field, Fact fact, int64_t most) {
    return CellSpec{field, fact, CellForm::kCount, {}, {0, most}, false};
  };
  const auto days = [](const char* field, Fact fact) {
    return CellSpec{field, fact, CellForm::kDay, {}, kDays, false};
  };
  const auto codes = [](const char* field, Fact fact, bool of_line = false) {
    return CellSpec{field, fact, CellForm::kCode, {}, kNoDomain, of_line};
  };
  return {
      enums("kind", Fact::kKind, NamesWithoutUnspecified(v1::InstitutionKind_descriptor())),
      enums("hosp_lv", Fact::kHospLv, NamesOf(v1::HospitalLevel_descriptor())),
      enums("hosp_grade", Fact::kHospGrade, NamesOf(v1::HospitalGrade_descriptor())),
      enums("hosp_place", Fact::kHospPlace, NamesOf(v1::HospitalPlace_descriptor())),
      counts("price_class", Fact::kPriceClass, 3),
      codes("fixmedins_code", Fact::kFixmedinsCode),
      {"care_admdvs", Fact::kCareAdmdvs, CellForm::kArea, {}, {110'000, 829'999}, false},
      enums("care_place", Fact::kCarePlace, {"LOCAL", "IN_PROVINCE", "OUT_OF_PROVINCE"}),
      enums("registration", Fact::kRegistration, NamesOf(v1::RegistrationKind_descriptor())),
      enums("psn_type", Fact::kPsnType,
            {"OTHER", "IN_SERVICE", "RETIRED", "STUDENT_CHILD", "RESIDENT"}),
      counts("age", Fact::kAge, 150),
      counts("age_days", Fact::kAgeDays, 55'000),
      days("brdy", Fact::kBrdy),
      days("retire_date", Fact::kRetireDate),
      days("work_date", Fact::kWorkDate),
      enums("assistance", Fact::kAssistance, NamesOf(v1::AssistanceClass_descriptor())),
      enums("cvlserv", Fact::kCvlserv, no_yes),
      {"right", Fact::kCount, CellForm::kHeld, {}, kNoDomain, false},
      counts("insured_days", Fact::kInsuredDays, 55'000),
      counts("insured_months", Fact::kInsuredMonths, 1'800),
      {"gap_months", Fact::kGapMonths, CellForm::kCount, {}, {1, kNoGap}, false},
      counts("missed_years", Fact::kMissedYears, 100),
      counts("repaired_years", Fact::kRepairedYears, 100),
      counts("paid_age_days", Fact::kPaidAgeDays, 55'000),
      counts("premium_tier", Fact::kPremiumTier, 9),
      {"contribution_rate",
       Fact::kContributionRate,
       CellForm::kPercent,
       {},
       {0, Ratio::kOne},
       false},
      codes("med_type", Fact::kMedType),
      codes("dise_codg", Fact::kDiseCodg),
      enums("emergency", Fact::kEmergency, no_yes),
      enums("third_party", Fact::kThirdParty, no_yes),
      enums("advance", Fact::kAdvance, no_yes),
      enums("injury", Fact::kInjury, {"NONE", "NOT_RECOGNISED", "RECOGNISED"}),
      enums("transfer", Fact::kTransfer, NamesOf(v1::TransferKind_descriptor())),
      enums("stay_part", Fact::kStayPart, NamesOf(v1::StayPart_descriptor())),
      enums("crosses_year", Fact::kCrossesYear, no_yes),
      enums("delivery", Fact::kDelivery, NamesOf(v1::DeliveryMode_descriptor())),
      counts("fetus_cnt", Fact::kFetusCnt, 9),
      counts("geso_weeks", Fact::kGesoWeeks, 45),
      enums("vbac", Fact::kVbac, no_yes),
      enums("analgesia", Fact::kAnalgesia, no_yes),
      counts("stay_days", Fact::kStayDays, 55'000),
      days("begndate", Fact::kBegndate),
      days("enddate", Fact::kEnddate),
      enums("chrgitm_lv", Fact::kChrgitmLv, NamesWithoutUnspecified(v1::ItemClass_descriptor()),
            true),
      enums("item_kind", Fact::kItemKind, NamesOf(v1::ItemKind_descriptor()), true),
      {"pric", Fact::kPric, CellForm::kYuan, {}, {0, kMaxClaimFen}, true},
      codes("med_list_codg", Fact::kMedListCodg, true),
      enums("unrelated", Fact::kUnrelated, no_yes, true),
  };
}

}  // namespace

const std::vector<CellSpec>& CellSpecs() {
  static const std::vector<CellSpec>* const specs = new std::vector<CellSpec>(MakeSpecs());
  return *specs;
}

const CellSpec* FindCellSpec(absl::string_view field) {
  for (const CellSpec& spec : CellSpecs()) {
    if (spec.field == field) return &spec;
  }
  return nullptr;
}

absl::StatusOr<int64_t> ParseCount(absl::string_view text, int64_t most) {
  int64_t value = 0;
  if (!IsAllDigits(text) || !absl::SimpleAtoi(text, &value) || value > most) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a whole number from 0 to ", most));
  }
  return value;
}

absl::StatusOr<Cell> ParseCell(const CellSpec& spec, absl::string_view text) {
  switch (spec.form) {
    case CellForm::kEnum:
      return ParseEnumCell(text, spec.names);
    case CellForm::kCode:
      return ParseCodeCell(text);
    case CellForm::kHeld: {
      YIJIE_ASSIGN_OR_RETURN(Cell cell, ParseCodeCell(text));
      cell.test = Condition::Test::kHeld;
      return cell;
    }
    case CellForm::kCount:
      return ParseIntervalCell(text, [](absl::string_view bound) { return ParseCount(bound); });
    case CellForm::kYuan:
      return ParseIntervalCell(text, ParseFenValue);
    case CellForm::kPercent:
      return ParseIntervalCell(text, ParsePercentValue);
    case CellForm::kDay:
      return ParseDayCell(text);
    case CellForm::kArea:
      return ParseAreaCell(text);
  }
  return absl::InternalError("unknown form");
}

}  // namespace yijie::rules
