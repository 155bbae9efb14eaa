#include "engine/sample/sample_history.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/date.h"
#include "base/status_macros.h"
#include "engine/load/catalogue_file.h"
#include "engine/load/input_file.h"
#include "engine/load/institution_file.h"
#include "engine/load/person_file.h"
#include "engine/load/row_errors.h"
#include "engine/reference_tables.h"
#include "engine/sample/generate.h"
#include "engine/sample/numbers.h"

namespace yijie::engine {
namespace {

constexpr int64_t kInstitutions = 300;
constexpr int kItems = 5'000;
constexpr int kUnlistedItems = 125;  // 1 line in 41 is not in the catalogue
constexpr int kHistoryDays = 300;    // of 2026, so that the last stay ends in the year
constexpr int kMostStayDays = 14;
constexpr int kMostUnits = 5;
constexpr int kReversedPercent = 2;

template <typename Write>
InputFile Generate(const char* name, Write write, int64_t count, uint64_t seed) {
  std::ostringstream out;
  write(count, seed, out);
  return MakeInputFile(name, out.str());
}

// How a bill of one kind looks.
struct BillShape {
  absl::string_view med_type;
  int lines;
  int most_fen;  // of a line
  bool stay;
};
constexpr BillShape kInpatient = {"21", 12, 250'000, true};
constexpr BillShape kOutpatient = {"11", 4, 30'000, false};
constexpr BillShape kPurchase = {"41", 2, 15'000, false};

// Employees see doctors and buy drugs between stays. Residents stay; what else they have no area of
// the sample has a table for, and some of it is there to be refused.
const BillShape& DrawShape(bool employee, SampleNumbers& numbers) {
  const int draw = numbers.Below(100);
  if (!employee) return draw < 90 ? kInpatient : kOutpatient;
  if (draw < 40) return kInpatient;
  return draw < 80 ? kOutpatient : kPurchase;
}

void AddLine(int number, const BillShape& shape, Date day, SampleNumbers& numbers,
             v1::Claim* claim) {
  v1::FeeLine* const line = claim->add_fee_line();
  line->set_feedetl_sn(absl::StrCat(number + 1));
  line->set_med_list_codg(SampleItemCode(numbers.Below(kItems + kUnlistedItems)));
  line->set_fee_ocur_date(FormatDate(day));
  const int64_t units = 1 + numbers.Below(kMostUnits);
  const int64_t price_fen = numbers.Spread(shape.most_fen / kMostUnits);
  line->set_cnt_1e4(units * 10'000);
  line->set_pric_fen_1e4(price_fen * 10'000);
  line->set_det_item_fee_sumamt_fen(units * price_fen);
  claim->set_medfee_sumamt_fen(claim->medfee_sumamt_fen() + units * price_fen);
}

void MakeClaim(const v1::PersonFacts& person, const BillShape& shape, bool employee, Date begin,
               SampleNumbers& numbers, v1::Claim* claim) {
  claim->Clear();
  claim->set_psn_no(person.psn_no());
  claim->set_insutype(employee ? "310" : "390");
  claim->set_med_type(std::string(shape.med_type));
  claim->set_begndate(FormatDate(begin));
  const int days = shape.stay ? 1 + numbers.Below(kMostStayDays) : 0;
  claim->set_enddate(FormatDate(Date(begin.days() + days)));
  claim->set_acct_used_flag(employee ? v1::ACCT_OWN : v1::ACCT_NOT_USED);
  if (shape.stay) claim->set_dise_codg("I10.x00x002");
  for (int i = 0; i < shape.lines; ++i) {
    AddLine(i, shape, Date(begin.days() + numbers.Below(days + 1)), numbers, claim);
  }
}

const std::string& Draw(const std::vector<std::string>& choices, SampleNumbers& numbers) {
  return choices[static_cast<size_t>(numbers.Below(static_cast<int>(choices.size())))];
}

bool IsEmployee(const v1::PersonFacts& person) { return person.coverage(0).insutype() == "310"; }

}  // namespace

absl::StatusOr<SampleHistory> SampleHistory::Make(int64_t persons, int64_t claims, uint64_t seed) {
  SampleHistory history;
  history.seed_ = seed;
  history.claims_ = claims;
  RowErrors errors("generated");
  const InputFile items = Generate("catalogue", WriteCatalogue, kItems, seed);
  const InputFile places = Generate("institutions", WriteInstitutions, kInstitutions, seed);
  const InputFile people = Generate("persons", WritePersons, persons, seed);
  YIJIE_ASSIGN_OR_RETURN(history.tables_.catalogue,
                         ParseCatalogue(ParseCatalogueFile(items, errors).SerializeAsString()));
  YIJIE_ASSIGN_OR_RETURN(
      history.tables_.institutions,
      ParseInstitutions(ParseInstitutionFile(places, errors).SerializeAsString()));
  const auto packed = ParsePersons(people, Date::FromCivil(2026, 1, 1), errors);
  YIJIE_RETURN_IF_ERROR(errors.ToStatus());
  for (const std::string& person : packed) {
    history.facts_.push_back(std::make_shared<const v1::PersonFacts>(UnpackPerson(person)));
  }
  for (int64_t i = 0; i < kInstitutions; ++i) {
    const v1::Institution& place = *history.tables_.FindInstitution(SampleInstitutionCode(i));
    Places& area = history.places_[place.admdvs()];
    (place.kind() == v1::PHARMACY ? area.pharmacies : area.hospitals)
        .push_back(place.fixmedins_code());
  }
  return history;
}

std::shared_ptr<const Reference> SampleHistory::WithPolicies(
    std::shared_ptr<const rules::RuleBook> policies) const {
  auto reference = std::make_shared<Reference>(tables_);
  reference->policies = std::move(policies);
  return reference;
}

void SampleHistory::PlayCredits(int64_t person, HistoryVisitor& visitor) const {
  SampleNumbers numbers(SampleStream::kCredit, person, seed_);
  visitor.Credit(rules::SubAccount::kPastYears, Fen(1 + numbers.Below(200'000)));
  visitor.Credit(rules::SubAccount::kCurrentYear, Fen(10'000 + numbers.Below(300'000)));
}

void SampleHistory::Play(int64_t person, HistoryVisitor& visitor) const {
  const auto& facts = facts_[static_cast<size_t>(person)];
  const bool employee = IsEmployee(*facts);
  visitor.Facts(facts);
  int64_t version = 1;
  if (employee) {
    PlayCredits(person, visitor);
    version += 2;
  }
  SampleNumbers numbers(SampleStream::kHistory, person, seed_);
  const Places& places = places_.at(facts->coverage(0).insuplc_admdvs());
  const int64_t claims = claims_ / persons() + (person < claims_ % persons() ? 1 : 0);
  const int32_t first_day = Date::FromCivil(2026, 1, 1).days();
  v1::SettleRequest request;
  for (int64_t i = 0; i < claims; ++i) {
    const BillShape& shape = DrawShape(employee, numbers);
    const bool purchase = shape.med_type == kPurchase.med_type;
    request.mutable_header()->set_fixmedins_code(
        Draw(purchase ? places.pharmacies : places.hospitals, numbers));
    request.mutable_header()->set_msgid(absl::StrCat("SAMPLE", person, "-", i));
    const Date begin(first_day + static_cast<int32_t>(kHistoryDays * i / claims));
    MakeClaim(*facts, shape, employee, begin, numbers, request.mutable_claim());
    visitor.Settle(++version, request);
    if (numbers.Percent(kReversedPercent)) {
      visitor.Reverse(version);
      ++version;
    }
  }
}

}  // namespace yijie::engine
