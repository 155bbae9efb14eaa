#include "engine/load/person_file.h"

#include <string>
#include <tuple>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/card/identity_number.h"
#include "engine/deterministic_bytes.h"
#include "engine/insurance_status.h"
#include "engine/load/cells.h"
#include "engine/load/overlap.h"
#include "engine/load/schemes.h"
#include "engine/person_limits.h"

namespace yijie::engine {

const absl::string_view kPersonColumnsHelp =
    R"(One row for a person and a coverage. Rows of one psn_no must agree on who it is; they need
not be neighbours. A further row may repeat a coverage exactly to add an injury or a right.
A load replaces all facts of a person that have a column here, also those whose column the file
leaves out: they become empty. Accounts, accumulators, cards, registrations, suspensions and a day
of death stay, and so do, where the file has the same coverage, class of assistance or injury
again: the contribution base (缴费基数), the last day of the class, what was confirmed of the
injury. Persons who are not in the file stay as they are.

  psn_no              person number, 1 to 30 letters and digits
  psn_name            name
  psn_cert_type       kind of certificate, two digits: 01 identity card, ...
  certno              number of the certificate; for 01 with its check character
  gend                1 male, 2 female
  brdy                birthday
  cvlserv_flag        civil servant: 1 yes, 0 no
  insutype            scheme: 310 employees, 390 residents, 410 work injury, 510 maternity; or what
                      is held beside it: 320, 330, 340, 350, 360, 370, 392, 399
  psn_type            category, national code: 11.. in service, 12.. retired, 14.. pupils, ...
  insuplc_admdvs      pooling area, six digits
  begndate, enddate   first and last day of the coverage; enddate may be empty
  psn_insu_stas       1 normal, 2 suspended, 4 ended
  assistance          class of medical assistance: TEKUN, DIBAO, FANPIN, DIBAO_MARGIN, MONITORED,
                      POOR_BY_ILLNESS; may be empty
  assistance_begndate first day of the class; empty without one
  injury_no           number of a work-injury recognition; may be empty
  injury_date         day of the accident; empty without one

Columns a file may leave out; each may be empty, which is not known or none:
  paid_on             of the coverage: day its premium was paid
  premium_tier        of the coverage: tier of a resident's premium, 0 to 9
  contribution_rate   of the coverage: employer's and person's rate together, such as 6.5%
  missed_years        of the coverage: enrolment years missed before it, 0 to 100
  repaired_years      of the coverage: how many of them were paid up
  pay_order_on        of a suspended coverage: day the agency ordered to pay
  repaid_on           of a suspended coverage: day the arrears were paid in full
  flexible_employment of the coverage: 1 if the person pays the premium alone, else 0
  retire_date         of the person: day of retirement
  work_date           of the person: day of first work
  right               code of a right the person holds, as policy tables name it, such as
                      CHRONIC_CLASS_1; up to 30 printable characters without a comma
  right_begndate      first day of the right; empty without one
  right_enddate       last day of the right; may be empty
  death_date          of the person: day of death)";

namespace {

enum Column : size_t {
  kPsnNo,
  kPsnName,
  kPsnCertType,
  kCertno,
  kGend,
  kBrdy,
  kCvlservFlag,
  kInsutype,
  kPsnType,
  kInsuplcAdmdvs,
  kBegndate,
  kEnddate,
  kPsnInsuStas,
  kAssistance,
  kAssistanceBegndate,
  kInjuryNo,
  kInjuryDate,
  kRequiredCount,
  kPaidOn = kRequiredCount,
  kPremiumTier,
  kContributionRate,
  kMissedYears,
  kRepairedYears,
  kRetireDate,
  kWorkDate,
  kRight,
  kRightBegndate,
  kRightEnddate,
  kDeathDate,
  kPayOrderOn,
  kRepaidOn,
  kFlexibleEmployment,
  kColumnCount,
};

constexpr absl::string_view kColumns[kColumnCount] = {
    "psn_no",
    "psn_name",
    "psn_cert_type",
    "certno",
    "gend",
    "brdy",
    "cvlserv_flag",
    "insutype",
    "psn_type",
    "insuplc_admdvs",
    "begndate",
    "enddate",
    "psn_insu_stas",
    "assistance",
    "assistance_begndate",
    "injury_no",
    "injury_date",
    "paid_on",
    "premium_tier",
    "contribution_rate",
    "missed_years",
    "repaired_years",
    "retire_date",
    "work_date",
    "right",
    "right_begndate",
    "right_enddate",
    "death_date",
    "pay_order_on",
    "repaid_on",
    "flexible_employment",
};

constexpr size_t kMaxPersonNumber = 30;

// The day in a cell that may be empty.
std::string OptionalDay(Cells& cells, size_t column) {
  return cells.IsEmpty(column) ? "" : FormatDate(cells.Day(column));
}

// The number in a cell; 0 if it is empty.
int32_t OptionalCount(Cells& cells, size_t column, int32_t most) {
  return cells.IsEmpty(column) ? 0 : cells.Count(column, most);
}

void ReadDeath(Cells& cells, Date born, Date today, v1::PersonFacts& facts) {
  if (cells.IsEmpty(kDeathDate)) return;
  const Date died = cells.Day(kDeathDate);
  if (died > today) cells.Refuse(kDeathDate, "is in the future");
  if (cells.ok() && died < born) cells.Refuse(kDeathDate, "is before brdy");
  facts.set_death_date(FormatDate(died));
}

void ReadIdentity(Cells& cells, Date today, v1::PersonFacts& facts) {
  facts.set_psn_no(cells.Alphanumeric(kPsnNo, kMaxPersonNumber));
  facts.set_psn_name(cells.Text(kPsnName, kMaxNameBytes));
  facts.set_psn_cert_type(cells.Digits(kPsnCertType, 2, 2));
  facts.set_certno(absl::AsciiStrToUpper(cells.Printable(kCertno, kMaxCertificate)));
  if (facts.psn_cert_type() == kIdentityCard && NormalIdentityNumber(facts.certno()).empty()) {
    cells.Refuse(kCertno,
                 "is not an identity card number: 17 digits with a birthday and their check "
                 "character");
  }
  facts.set_gend(cells.OneOf(kGend, {"1", "2"}));
  const Date born = cells.Day(kBrdy);
  if (born > today) cells.Refuse(kBrdy, "is in the future");
  facts.set_brdy(FormatDate(born));
  facts.set_cvlserv_flag(cells.OneOf(kCvlservFlag, {"0", "1"}) == "1");
  facts.set_retire_date(OptionalDay(cells, kRetireDate));
  facts.set_work_date(OptionalDay(cells, kWorkDate));
  ReadDeath(cells, born, today, facts);
}

void ReadPremium(Cells& cells, v1::Coverage& coverage) {
  coverage.set_paid_on(OptionalDay(cells, kPaidOn));
  coverage.set_premium_tier(OptionalCount(cells, kPremiumTier, kMaxPremiumTier));
  if (!cells.IsEmpty(kContributionRate)) {
    coverage.set_contribution_rate_1e6(
        static_cast<int32_t>(cells.Percent(kContributionRate).millionths()));
  }
  coverage.set_missed_years(OptionalCount(cells, kMissedYears, kMaxYears));
  coverage.set_repaired_years(OptionalCount(cells, kRepairedYears, kMaxYears));
  if (cells.ok() && coverage.repaired_years() > coverage.missed_years()) {
    cells.Refuse(kRepairedYears, absl::StrCat("is above ", kColumns[kMissedYears]));
  }
}

// Arrears mean nothing where coverage is not suspended: such a cell is a slip.
void ReadArrears(Cells& cells, v1::Coverage& coverage) {
  coverage.set_pay_order_on(OptionalDay(cells, kPayOrderOn));
  coverage.set_repaid_on(OptionalDay(cells, kRepaidOn));
  if (!cells.IsEmpty(kFlexibleEmployment))
    coverage.set_flexible_employment(cells.OneOf(kFlexibleEmployment, {"0", "1"}) == "1");
  if (IsSuspended(coverage)) return;
  for (const size_t column : {kPayOrderOn, kRepaidOn}) {
    if (!cells.IsEmpty(column))
      cells.Refuse(column, absl::StrCat("is of a suspended coverage, and ", kColumns[kPsnInsuStas],
                                        " is not ", kInsuranceSuspended));
  }
}

DaySpan ReadCoverage(Cells& cells, v1::Coverage& coverage) {
  coverage.set_insutype(cells.OneOf(kInsutype, kInsuredSchemes));
  coverage.set_psn_type(cells.Digits(kPsnType, 2, 6));
  coverage.set_insuplc_admdvs(cells.Digits(kInsuplcAdmdvs, 6, 6));
  const DaySpan days = cells.Days(kBegndate, kEnddate);
  coverage.set_begndate(FormatDate(days.begin));
  if (!cells.IsEmpty(kEnddate)) coverage.set_enddate(FormatDate(days.end));
  coverage.set_psn_insu_stas(cells.OneOf(kPsnInsuStas, {"1", "2", "4"}));
  ReadPremium(cells, coverage);
  ReadArrears(cells, coverage);
  return days;
}

// True if both cells are filled; refuses one without the other.
bool HasPair(Cells& cells, size_t first, size_t second) {
  if (cells.IsEmpty(first) == cells.IsEmpty(second)) return !cells.IsEmpty(first);
  const size_t missing = cells.IsEmpty(first) ? first : second;
  cells.Refuse(missing, absl::StrCat("is empty, but ", kColumns[missing == first ? second : first],
                                     " is not"));
  return false;
}

void ReadAssistance(Cells& cells, v1::PersonFacts& facts) {
  const int number = cells.EnumNumber(kAssistance, *v1::AssistanceClass_descriptor());
  if (!HasPair(cells, kAssistance, kAssistanceBegndate)) return;
  if (number == v1::ASSISTANCE_NONE) {
    cells.Refuse(kAssistance, "is ASSISTANCE_NONE: leave both cells empty");
    return;
  }
  v1::AssistanceSpan& span = *facts.add_assistance();
  span.set_class_(static_cast<v1::AssistanceClass>(number));
  span.set_begndate(FormatDate(cells.Day(kAssistanceBegndate)));
}

void ReadInjury(Cells& cells, v1::PersonFacts& facts) {
  if (!HasPair(cells, kInjuryNo, kInjuryDate)) return;
  v1::InjuryRecognition& injury = *facts.add_injury();
  injury.set_recognition_no(cells.Text(kInjuryNo, kMaxRecognitionNumberBytes));
  injury.set_injury_date(FormatDate(cells.Day(kInjuryDate)));
}

void ReadRight(Cells& cells, v1::PersonFacts& facts) {
  const bool has_right = HasPair(cells, kRight, kRightBegndate);
  if (!has_right) {
    if (cells.IsEmpty(kRight) && !cells.IsEmpty(kRightEnddate)) {
      cells.Refuse(kRight, absl::StrCat("is empty, but ", kColumns[kRightEnddate], " is not"));
    }
    return;
  }
  v1::Right& right = *facts.add_right();
  right.set_code(cells.Printable(kRight, kMaxRightCode));
  // Policy tables part codes by commas.
  if (absl::StrContains(right.code(), ',')) cells.Refuse(kRight, "has a comma");
  const DaySpan days = cells.Days(kRightBegndate, kRightEnddate);
  right.set_begndate(FormatDate(days.begin));
  if (!cells.IsEmpty(kRightEnddate)) right.set_enddate(FormatDate(days.end));
}

struct CoverageRow {
  DatedRow row;
  v1::Coverage coverage;
};

// A person while its rows are read. `facts` has everything but the coverages.
struct Person {
  v1::PersonFacts facts;
  int64_t first_line = 0;
  int64_t row_count = 0;
  std::vector<CoverageRow> coverages;
};

// A person while the rows of others are read.
struct PackedPerson {
  std::string facts;  // bytes of a v1::PersonFacts with the coverages, in the order of `rows`
  int64_t first_line = 0;
  int64_t row_count = 0;
  std::vector<DatedRow> rows;
};

PackedPerson Pack(Person person) {
  PackedPerson packed;
  packed.first_line = person.first_line;
  packed.row_count = person.row_count;
  packed.rows.reserve(person.coverages.size());
  for (CoverageRow& row : person.coverages) {
    packed.rows.push_back(row.row);
    *person.facts.add_coverage() = std::move(row.coverage);
  }
  packed.facts = person.facts.SerializeAsString();
  return packed;
}

Person Unpack(const PackedPerson& packed) {
  Person person;
  person.facts = UnpackPerson(packed.facts);
  person.first_line = packed.first_line;
  person.row_count = packed.row_count;
  person.coverages.reserve(packed.rows.size());
  for (size_t i = 0; i < packed.rows.size(); ++i) {
    v1::Coverage& coverage = *person.facts.mutable_coverage(static_cast<int>(i));
    person.coverages.push_back({packed.rows[i], std::move(coverage)});
  }
  person.facts.clear_coverage();
  return person;
}

class PersonCollector {
 public:
  PersonCollector(Date today, RowErrors& errors) : today_(today), errors_(errors) {}

  void AddRow(const CsvRow& row) {
    Cells cells(row, kColumns, errors_);
    v1::PersonFacts facts;
    CoverageRow coverage;
    ReadIdentity(cells, today_, facts);
    coverage.row = {row.line, ReadCoverage(cells, coverage.coverage)};
    ReadAssistance(cells, facts);
    ReadInjury(cells, facts);
    ReadRight(cells, facts);
    if (!cells.ok()) return;

    const auto [found, is_new] = by_number_.emplace(facts.psn_no(), persons_.size());
    if (is_new) {
      Close();
      persons_.emplace_back();
      open_ = found->second;
      person_ = {std::move(facts), row.line, 0, {}};
    } else {
      if (open_ != found->second) Open(found->second);
      Merge(facts, cells, person_);
    }
    ++person_.row_count;
    if (!HasCoverage(person_, coverage.coverage)) person_.coverages.push_back(std::move(coverage));
  }

  std::vector<std::string> Finish() {
    Close();
    by_number_ = {};
    std::vector<std::string> result;
    result.reserve(persons_.size());
    for (PackedPerson& packed : persons_) {
      if (packed.row_count > 1) {
        Person person = Unpack(packed);
        Order(person);
        AddCoverages(person);
        packed.facts = person.facts.SerializeAsString();
      }
      packed.facts.shrink_to_fit();
      result.push_back(std::move(packed.facts));
    }
    return result;
  }

 private:
  // Packs the person whose rows were read last.
  void Close() {
    if (!persons_.empty()) persons_[open_] = Pack(std::move(person_));
  }

  // Goes on with a person read before.
  void Open(size_t index) {
    Close();
    open_ = index;
    person_ = Unpack(persons_[index]);
  }

  static bool HasCoverage(const Person& person, const v1::Coverage& coverage) {
    return absl::c_any_of(person.coverages, [&coverage](const CoverageRow& row) {
      return row.coverage.insutype() == coverage.insutype() &&
             row.coverage.begndate() == coverage.begndate() &&
             DeterministicBytes(row.coverage) == DeterministicBytes(coverage);
    });
  }

  static void MustAgree(bool same, size_t column, const Person& person, Cells& cells) {
    if (same) return;
    cells.Refuse(column,
                 absl::StrCat("is not what line ", person.first_line, " says of the same person"));
  }

  // Adds what a further row of a person says.
  static void Merge(const v1::PersonFacts& row, Cells& cells, Person& person) {
    v1::PersonFacts& facts = person.facts;
    const auto must_agree = [&](bool same, size_t column) {
      MustAgree(same, column, person, cells);
    };
    must_agree(row.psn_name() == facts.psn_name(), kPsnName);
    must_agree(row.psn_cert_type() == facts.psn_cert_type(), kPsnCertType);
    must_agree(row.certno() == facts.certno(), kCertno);
    must_agree(row.gend() == facts.gend(), kGend);
    must_agree(row.brdy() == facts.brdy(), kBrdy);
    must_agree(row.cvlserv_flag() == facts.cvlserv_flag(), kCvlservFlag);
    must_agree(row.retire_date() == facts.retire_date(), kRetireDate);
    must_agree(row.work_date() == facts.work_date(), kWorkDate);
    must_agree(row.death_date() == facts.death_date(), kDeathDate);
    for (const v1::AssistanceSpan& span : row.assistance()) {
      if (facts.assistance().empty()) *facts.add_assistance() = span;
      must_agree(span.class_() == facts.assistance(0).class_(), kAssistance);
      must_agree(span.begndate() == facts.assistance(0).begndate(), kAssistanceBegndate);
    }
    for (const v1::InjuryRecognition& injury : row.injury()) MergeInjury(injury, cells, person);
    for (const v1::Right& right : row.right()) MergeRight(right, cells, person);
  }

  static void MergeInjury(const v1::InjuryRecognition& injury, Cells& cells, Person& person) {
    auto& injuries = *person.facts.mutable_injury();
    const auto same = absl::c_find_if(injuries, [&](const v1::InjuryRecognition& other) {
      return other.recognition_no() == injury.recognition_no();
    });
    if (same == injuries.end()) {
      *injuries.Add() = injury;
      return;
    }
    MustAgree(same->injury_date() == injury.injury_date(), kInjuryDate, person, cells);
  }

  // A code may be held again from another day.
  static void MergeRight(const v1::Right& right, Cells& cells, Person& person) {
    auto& rights = *person.facts.mutable_right();
    const auto same = absl::c_find_if(rights, [&](const v1::Right& other) {
      return other.code() == right.code() && other.begndate() == right.begndate();
    });
    if (same == rights.end()) {
      *rights.Add() = right;
      return;
    }
    MustAgree(same->enddate() == right.enddate(), kRightEnddate, person, cells);
  }

  // Orders the lists of a person, so that the order of rows does not make one look changed.
  static void Order(Person& person) {
    absl::c_sort(person.coverages, [](const CoverageRow& a, const CoverageRow& b) {
      return std::make_tuple(a.coverage.insutype(), a.row.days.begin.days()) <
             std::make_tuple(b.coverage.insutype(), b.row.days.begin.days());
    });
    absl::c_sort(*person.facts.mutable_injury(),
                 [](const v1::InjuryRecognition& a, const v1::InjuryRecognition& b) {
                   return a.recognition_no() < b.recognition_no();
                 });
    absl::c_sort(*person.facts.mutable_right(), [](const v1::Right& a, const v1::Right& b) {
      return std::tie(a.code(), a.begndate()) < std::tie(b.code(), b.begndate());
    });
  }

  // Nobody is insured with employees (310) and with residents (390) on one day.
  void ReportTwoBasicRelations(const std::vector<CoverageRow>& rows) {
    const auto is_normal = [](const CoverageRow& row, absl::string_view insutype) {
      return row.coverage.insutype() == insutype && IsNormal(row.coverage);
    };
    for (const CoverageRow& employee : rows) {
      if (!is_normal(employee, "310")) continue;
      for (const CoverageRow& resident : rows) {
        if (!is_normal(resident, "390")) continue;
        ReportOverlaps({employee.row, resident.row}, kColumns[kBegndate],
                       "for the same person and basic medical insurance", errors_);
      }
    }
  }

  void AddCoverages(Person& person) {
    std::vector<CoverageRow>& rows = person.coverages;
    std::vector<DatedRow> same_scheme;
    for (size_t i = 0; i < rows.size(); ++i) {
      same_scheme.push_back(rows[i].row);
      if (i + 1 == rows.size() || rows[i + 1].coverage.insutype() != rows[i].coverage.insutype()) {
        ReportOverlaps(std::move(same_scheme), kColumns[kBegndate],
                       "for the same person and scheme", errors_);
        same_scheme.clear();
      }
    }
    ReportTwoBasicRelations(rows);
    for (CoverageRow& row : rows) *person.facts.add_coverage() = std::move(row.coverage);
  }

  const Date today_;
  RowErrors& errors_;
  absl::flat_hash_map<std::string, size_t> by_number_;
  std::vector<PackedPerson> persons_;
  // The person whose rows were read last, and its place; if there are persons.
  size_t open_ = 0;
  Person person_;
};

}  // namespace

v1::PersonFacts UnpackPerson(const std::string& packed) {
  v1::PersonFacts facts;
  YIJIE_CHECK(facts.ParseFromString(packed), "bytes made by this program");
  return facts;
}

std::vector<std::string> ParsePersons(const InputFile& file, Date today, RowErrors& errors) {
  PersonCollector collector(today, errors);
  ReadCsv(file, {kColumns, kRequiredCount}, errors,
          [&collector](const CsvRow& row) { collector.AddRow(row); });
  return collector.Finish();
}

}  // namespace yijie::engine
