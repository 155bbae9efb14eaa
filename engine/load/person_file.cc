#include "engine/load/person_file.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/load/cells.h"
#include "engine/load/overlap.h"
#include "engine/load/schemes.h"
#include "engine/load/text_check.h"

namespace yijie::engine {

const absl::string_view kPersonColumnsHelp =
    R"(One row for a person and a coverage. Rows of one psn_no must agree on who it is; they need
not be neighbours. A person's facts become what the file says; accounts, accumulators and
registrations stay. Persons who are not in the file stay as they are.

  psn_no              person number, 1 to 30 letters and digits
  psn_name            name
  psn_cert_type       kind of certificate, two digits: 01 identity card, ...
  certno              number of the certificate; for 01 with its check character
  gend                1 male, 2 female
  brdy                birthday
  cvlserv_flag        civil servant: 1 yes, 0 no
  insutype            scheme: 310 employees, 390 residents, 410 work injury, 510 maternity
  psn_type            category, national code: 11.. in service, 12.. retired, 14.. pupils, ...
  insuplc_admdvs      pooling area, six digits
  begndate, enddate   first and last day of the coverage; enddate may be empty
  psn_insu_stas       1 normal, 2 suspended, 4 ended
  assistance          class of medical assistance: TEKUN, DIBAO, FANPIN, DIBAO_MARGIN, MONITORED,
                      POOR_BY_ILLNESS; may be empty
  assistance_begndate first day of the class; empty without one
  injury_no           number of a work-injury recognition; may be empty
  injury_date         day of the accident; empty without one)";

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
  kColumnCount,
};

constexpr absl::string_view kColumns[kColumnCount] = {
    "psn_no",    "psn_name",     "psn_cert_type", "certno",     "gend",
    "brdy",      "cvlserv_flag", "insutype",      "psn_type",   "insuplc_admdvs",
    "begndate",  "enddate",      "psn_insu_stas", "assistance", "assistance_begndate",
    "injury_no", "injury_date",
};

constexpr absl::string_view kIdentityCard = "01";
constexpr size_t kMaxPersonNumber = 30;
constexpr size_t kMaxNameBytes = 150;
constexpr size_t kMaxCertificate = 50;
constexpr size_t kMaxRecognitionNumberBytes = 60;

void ReadIdentity(Cells& cells, Date today, v1::PersonFacts& facts) {
  facts.set_psn_no(cells.Alphanumeric(kPsnNo, kMaxPersonNumber));
  facts.set_psn_name(cells.Text(kPsnName, kMaxNameBytes));
  facts.set_psn_cert_type(cells.Digits(kPsnCertType, 2, 2));
  facts.set_certno(absl::AsciiStrToUpper(cells.Printable(kCertno, kMaxCertificate)));
  if (facts.psn_cert_type() == kIdentityCard && !IsIdentityCardNumber(facts.certno())) {
    cells.Refuse(kCertno, "is not an identity card number: 17 digits and their check character");
  }
  facts.set_gend(cells.OneOf(kGend, {"1", "2"}));
  const Date born = cells.Day(kBrdy);
  if (born > today) cells.Refuse(kBrdy, "is in the future");
  facts.set_brdy(FormatDate(born));
  facts.set_cvlserv_flag(cells.OneOf(kCvlservFlag, {"0", "1"}) == "1");
}

DaySpan ReadCoverage(Cells& cells, v1::Coverage& coverage) {
  coverage.set_insutype(cells.OneOf(kInsutype, kSchemes));
  coverage.set_psn_type(cells.Digits(kPsnType, 2, 6));
  coverage.set_insuplc_admdvs(cells.Digits(kInsuplcAdmdvs, 6, 6));
  const DaySpan days = cells.Days(kBegndate, kEnddate);
  coverage.set_begndate(FormatDate(days.begin));
  if (!cells.IsEmpty(kEnddate)) coverage.set_enddate(FormatDate(days.end));
  coverage.set_psn_insu_stas(cells.OneOf(kPsnInsuStas, {"1", "2", "4"}));
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

struct CoverageRow {
  DatedRow row;
  v1::Coverage coverage;
};

// A person while the file is read. `facts` has everything but the coverages.
struct Person {
  v1::PersonFacts facts;
  int64_t first_line = 0;
  std::vector<CoverageRow> coverages;
};

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
    if (!cells.ok()) return;

    const auto [found, is_new] = by_number_.emplace(facts.psn_no(), persons_.size());
    if (is_new) {
      persons_.push_back({std::move(facts), row.line, {}});
    } else {
      Merge(facts, cells, persons_[found->second]);
    }
    persons_[found->second].coverages.push_back(std::move(coverage));
  }

  std::vector<v1::PersonFacts> Finish() {
    std::vector<v1::PersonFacts> result;
    result.reserve(persons_.size());
    for (Person& person : persons_) {
      AddCoverages(person);
      result.push_back(std::move(person.facts));
    }
    return result;
  }

 private:
  // Adds what a further row of a person says.
  void Merge(const v1::PersonFacts& row, Cells& cells, Person& person) {
    v1::PersonFacts& facts = person.facts;
    const auto must_agree = [&](bool same, size_t column) {
      if (!same) {
        cells.Refuse(column, absl::StrCat("is not what line ", person.first_line,
                                          " says of the same person"));
      }
    };
    must_agree(row.psn_name() == facts.psn_name(), kPsnName);
    must_agree(row.psn_cert_type() == facts.psn_cert_type(), kPsnCertType);
    must_agree(row.certno() == facts.certno(), kCertno);
    must_agree(row.gend() == facts.gend(), kGend);
    must_agree(row.brdy() == facts.brdy(), kBrdy);
    must_agree(row.cvlserv_flag() == facts.cvlserv_flag(), kCvlservFlag);
    for (const v1::AssistanceSpan& span : row.assistance()) {
      if (facts.assistance().empty()) *facts.add_assistance() = span;
      must_agree(span.class_() == facts.assistance(0).class_(), kAssistance);
      must_agree(span.begndate() == facts.assistance(0).begndate(), kAssistanceBegndate);
    }
    for (const v1::InjuryRecognition& injury : row.injury()) {
      const auto same = std::find_if(facts.injury().begin(), facts.injury().end(),
                                     [&](const v1::InjuryRecognition& other) {
                                       return other.recognition_no() == injury.recognition_no();
                                     });
      if (same == facts.injury().end()) {
        *facts.add_injury() = injury;
      } else {
        must_agree(same->injury_date() == injury.injury_date(), kInjuryDate);
      }
    }
  }

  // Orders the coverages, so that the order of rows does not make a person look changed.
  void AddCoverages(Person& person) {
    std::vector<CoverageRow>& rows = person.coverages;
    std::sort(rows.begin(), rows.end(), [](const CoverageRow& a, const CoverageRow& b) {
      return std::make_tuple(a.coverage.insutype(), a.row.days.begin.days()) <
             std::make_tuple(b.coverage.insutype(), b.row.days.begin.days());
    });
    std::sort(person.facts.mutable_injury()->begin(), person.facts.mutable_injury()->end(),
              [](const v1::InjuryRecognition& a, const v1::InjuryRecognition& b) {
                return a.recognition_no() < b.recognition_no();
              });
    std::vector<DatedRow> same_scheme;
    for (size_t i = 0; i < rows.size(); ++i) {
      same_scheme.push_back(rows[i].row);
      if (i + 1 == rows.size() || rows[i + 1].coverage.insutype() != rows[i].coverage.insutype()) {
        ReportOverlaps(std::move(same_scheme), kColumns[kBegndate],
                       "for the same person and scheme", errors_);
        same_scheme.clear();
      }
    }
    for (CoverageRow& row : rows) *person.facts.add_coverage() = std::move(row.coverage);
  }

  const Date today_;
  RowErrors& errors_;
  absl::flat_hash_map<std::string, size_t> by_number_;
  std::vector<Person> persons_;
};

}  // namespace

std::vector<v1::PersonFacts> ParsePersons(const InputFile& file, Date today, RowErrors& errors) {
  PersonCollector collector(today, errors);
  ReadCsv(file, kColumns, errors, [&collector](const CsvRow& row) { collector.AddRow(row); });
  return collector.Finish();
}

}  // namespace yijie::engine
