#include "tests/rules/comparison.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "rules/evaluate.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::rules {
namespace {

constexpr const char* kSubAccountNames[kSubAccounts] = {"CURRENT_YEAR", "PAST_YEARS"};

std::string Name(Symbol symbol) { return std::string(SymbolName(symbol)); }

void SetNames(const Facts& facts, slow::Claim* claim) {
  const auto number = [&facts](Fact fact) { return static_cast<int>(facts[fact]); };
  const auto yes = [&facts](Fact fact) { return std::string(facts[fact] != 0 ? "YES" : "NO"); };
  static const char* const kKinds[] = {"", "HOSPITAL", "PHARMACY"};
  static const char* const kPlaces[] = {"LOCAL", "IN_PROVINCE", "OUT_OF_PROVINCE"};
  static const char* const kPersons[] = {"OTHER", "IN_SERVICE", "RETIRED", "STUDENT_CHILD",
                                         "RESIDENT"};
  static const char* const kInjuries[] = {"NONE", "NOT_RECOGNISED", "RECOGNISED"};
  auto& fact = claim->fact;
  fact["kind"] = kKinds[number(Fact::kKind)];
  fact["hosp_lv"] = v1::HospitalLevel_Name(static_cast<v1::HospitalLevel>(number(Fact::kHospLv)));
  fact["hosp_grade"] =
      v1::HospitalGrade_Name(static_cast<v1::HospitalGrade>(number(Fact::kHospGrade)));
  fact["hosp_place"] =
      v1::HospitalPlace_Name(static_cast<v1::HospitalPlace>(number(Fact::kHospPlace)));
  fact["care_place"] = kPlaces[number(Fact::kCarePlace)];
  fact["registration"] =
      v1::RegistrationKind_Name(static_cast<v1::RegistrationKind>(number(Fact::kRegistration)));
  fact["psn_type"] = kPersons[number(Fact::kPsnType)];
  fact["assistance"] =
      v1::AssistanceClass_Name(static_cast<v1::AssistanceClass>(number(Fact::kAssistance)));
  fact["injury"] = kInjuries[number(Fact::kInjury)];
  fact["delivery"] = v1::DeliveryMode_Name(static_cast<v1::DeliveryMode>(number(Fact::kDelivery)));
  fact["cvlserv"] = yes(Fact::kCvlserv);
  fact["emergency"] = yes(Fact::kEmergency);
  fact["third_party"] = yes(Fact::kThirdParty);
  fact["med_type"] = Name(static_cast<Symbol>(facts[Fact::kMedType]));
}

slow::Line SlowLineOf(const Line& line) {
  slow::Line out;
  out.listed = line.item != nullptr;
  out.cnt_1e4 = line.cnt_1e4;
  out.pric_fen = line.pric_fen_1e4 / 10'000;
  out.amount_fen = line.amount.value();
  out.outside_restriction = line.outside_restriction;
  if (line.item == nullptr) return out;
  out.chrgitm_lv = v1::ItemClass_Name(static_cast<v1::ItemClass>(line.item->item_class));
  out.item_kind = v1::ItemKind_Name(static_cast<v1::ItemKind>(line.item->kind));
  out.med_list_codg = Name(line.item->code);
  out.selfpay_1e6 = line.item->selfpay_prop.millionths();
  out.price_limit_fen = line.item->price_limit.value();
  return out;
}

std::string VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kSettled:
      return "SETTLED";
    case Verdict::kNoMatchingRow:
      return "NO_ROW";
    case Verdict::kTwoRows:
      return "TWO_ROWS";
    case Verdict::kExcluded:
      return "EXCLUDED";
    case Verdict::kLacksFigure:
      return "INCOMPLETE";
  }
  return "";
}

// Collects what differs.
class Differences {
 public:
  template <typename T>
  void Compare(absl::string_view what, const T& fast, const T& slow) {
    if (fast != slow)
      absl::StrAppend(&text_, what, ": compiled ", fast, ", interpreted ", slow, "; ");
  }
  std::string text() const { return text_; }

 private:
  std::string text_;
};

void CompareLines(const Decision& decision, const slow::Answer& answer, Differences* out) {
  out->Compare("lines", decision.lines.size(), answer.line.size());
  for (size_t i = 0; i < std::min(decision.lines.size(), answer.line.size()); ++i) {
    const std::string line = absl::StrCat("line ", i, " ");
    out->Compare(line + "own", decision.lines[i].fulamt_ownpay.value(), answer.line[i].own);
    out->Compare(line + "over", decision.lines[i].overlmt.value(), answer.line[i].over);
    out->Compare(line + "first", decision.lines[i].preselfpay.value(), answer.line[i].first);
    out->Compare(line + "scope", decision.lines[i].inscp.value(), answer.line[i].scope);
  }
}

void CompareAmounts(const Program& program, const Decision& decision, const slow::Answer& answer,
                    Differences* out) {
  static const std::pair<const char*, AmountSlot> kAlways[] = {
      {"medfee_sumamt", kMedfeeSumamt},     {"fulamt_ownpay_amt", kFulamtOwnpayAmt},
      {"overlmt_selfpay", kOverlmtSelfpay}, {"preselfpay_amt", kPreselfpayAmt},
      {"inscp_scp_amt", kInscpScpAmt},      {"psn_part_amt", kPsnPartAmt}};
  for (const auto& [name, slot] : kAlways) {
    out->Compare(name, decision.amount[slot].value(), answer.amount.at(name));
  }
  for (size_t i = 0; i < program.steps.size(); ++i) {
    const std::string& id = program.step_text[i].id;
    out->Compare(id, decision.amount[program.steps[i].out].value(), answer.amount.at(id));
    if (program.steps[i].kind != StepKind::kCap) continue;
    out->Compare(id + ".over", decision.amount[program.steps[i].over].value(),
                 answer.amount.at(id + ".over"));
  }
}

void CompareTotals(const Program& program, const v1::Package& package, const Input& input,
                   const Decision& decision, const slow::Claim& claim, const slow::Answer& answer,
                   Differences* out) {
  size_t found = 0;
  for (int i = 0; i < package.accumulator_size(); ++i) {
    const AccumulatorKey key = KeyFor(program, program.accumulators[static_cast<size_t>(i)], input);
    int64_t fast = 0;
    for (const AccumulatorEntry& delta : decision.deltas) {
      if (!(delta.key == key)) continue;
      found += delta.value != 0 ? 1 : 0;
      fast += delta.value;
    }
    const auto slow = answer.added.find(slow::TotalName(package, package.accumulator(i), claim));
    out->Compare(absl::StrCat("total ", package.accumulator(i).name()), fast,
                 slow == answer.added.end() ? int64_t{0} : slow->second);
  }
  size_t moved = 0;  // an entry of 0 says that the total was read
  for (const AccumulatorEntry& delta : decision.deltas) moved += delta.value != 0 ? 1 : 0;
  out->Compare("totals that move", moved, found);
}

}  // namespace

slow::Claim SlowClaimOf(const Input& input) {
  slow::Claim claim;
  SetNames(input.facts, &claim);
  for (const auto& [name, fact] : {std::pair<const char*, Fact>{"price_class", Fact::kPriceClass},
                                   {"age", Fact::kAge},
                                   {"fetus_cnt", Fact::kFetusCnt},
                                   {"geso_weeks", Fact::kGesoWeeks},
                                   {"stay_days", Fact::kStayDays}}) {
    claim.fact[name] = std::to_string(input.facts[fact]);
  }
  claim.fact["begndate"] = FormatDate(Date(static_cast<int32_t>(input.facts[Fact::kBegndate])));
  claim.fact["enddate"] = FormatDate(Date(static_cast<int32_t>(input.facts[Fact::kEnddate])));
  claim.fact["dise_codg"] = Name(input.dise_codg);
  claim.insutype = Name(input.insutype);
  claim.institution = Name(input.institution);
  for (const Line& line : input.lines) claim.line.push_back(SlowLineOf(line));
  return claim;
}

std::string Difference(const Program& program, const v1::Package& package, const Input& input,
                       const Decision& decision, const slow::Claim& slow_claim,
                       const slow::Answer& answer) {
  Differences out;
  out.Compare("verdict", VerdictName(decision.verdict), answer.verdict);
  if (decision.verdict != Verdict::kSettled) {
    const uint16_t row = decision.refused_row;
    out.Compare("refusing step", program.step_text[decision.refused_step].id, answer.step);
    out.Compare("refusing row", row == kNoRow ? 0 : program.row_text[row].number, answer.row);
  }
  if (decision.verdict != Verdict::kSettled || !out.text().empty()) return out.text();
  CompareLines(decision, answer, &out);
  CompareAmounts(program, decision, answer, &out);
  CompareTotals(program, package, input, decision, slow_claim, answer, &out);
  out.Compare("payments", decision.funds.size(), answer.fund.size());
  for (size_t i = 0; i < std::min(decision.funds.size(), answer.fund.size()); ++i) {
    out.Compare("payment of", program.step_text[decision.funds[i].step].id, answer.fund[i].first);
    out.Compare("payment", decision.funds[i].amount.value(), answer.fund[i].second);
  }
  out.Compare("hospital", decision.hosp_part.value(), answer.hospital);
  out.Compare("act_pay_dedc", decision.act_pay_dedc.value(), answer.deductible);
  for (size_t i = 0; i < kSubAccounts; ++i) {
    const auto paid = answer.account_paid.find(kSubAccountNames[i]);
    out.Compare(kSubAccountNames[i], decision.account_paid[i].value(),
                paid == answer.account_paid.end() ? int64_t{0} : paid->second);
  }
  return out.text();
}

std::string CompareHistory(const Program& program, const v1::Package& package, Random& random,
                           int64_t* settled) {
  MadeClaim claim;
  Decision decision;
  std::map<std::string, int64_t> totals;
  std::map<std::string, int64_t> account;
  for (size_t i = 0; i < kSubAccounts; ++i) {
    account[kSubAccountNames[i]] = random.Percent(20) ? 0 : random.Magnitude(5'000'000);
    claim.input.account[i] = Fen(account[kSubAccountNames[i]]);
  }
  const int64_t claims = random.Between(1, 6);
  for (int64_t i = 0; i < claims; ++i) {
    MakeNextClaim(program, random, &claim);
    Evaluate(program, claim.input, decision);
    slow::Claim slow_claim = SlowClaimOf(claim.input);
    slow_claim.total = totals;
    if (claim.input.account_allowed) slow_claim.account = account;
    const slow::Answer answer = slow::Interpret(package, slow_claim);
    const std::string difference =
        Difference(program, package, claim.input, decision, slow_claim, answer);
    if (!difference.empty()) return absl::StrCat("claim ", i, ": ", difference);
    if (decision.verdict != Verdict::kSettled) continue;
    ++*settled;
    for (const AccumulatorEntry& delta : decision.deltas) claim.totals.push_back(delta);
    for (const auto& [name, value] : answer.added) totals[name] += value;
    for (size_t s = 0; s < kSubAccounts; ++s) claim.input.account[s] -= decision.account_paid[s];
    for (const auto& [name, paid] : answer.account_paid) account[name] -= paid;
  }
  return "";
}

}  // namespace yijie::rules
