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
  fact["advance"] = yes(Fact::kAdvance);
  fact["vbac"] = yes(Fact::kVbac);
  fact["analgesia"] = yes(Fact::kAnalgesia);
  fact["transfer"] = v1::TransferKind_Name(static_cast<v1::TransferKind>(number(Fact::kTransfer)));
  fact["stay_part"] = v1::StayPart_Name(static_cast<v1::StayPart>(number(Fact::kStayPart)));
  fact["med_type"] = Name(static_cast<Symbol>(facts[Fact::kMedType]));
  fact["fixmedins_code"] = Name(static_cast<Symbol>(facts[Fact::kFixmedinsCode]));
}

void SetNumbers(const Facts& facts, slow::Claim* claim) {
  static const std::pair<const char*, Fact> kNumbers[] = {{"price_class", Fact::kPriceClass},
                                                          {"care_admdvs", Fact::kCareAdmdvs},
                                                          {"age", Fact::kAge},
                                                          {"age_days", Fact::kAgeDays},
                                                          {"insured_days", Fact::kInsuredDays},
                                                          {"insured_months", Fact::kInsuredMonths},
                                                          {"gap_months", Fact::kGapMonths},
                                                          {"missed_years", Fact::kMissedYears},
                                                          {"repaired_years", Fact::kRepairedYears},
                                                          {"paid_age_days", Fact::kPaidAgeDays},
                                                          {"premium_tier", Fact::kPremiumTier},
                                                          {"fetus_cnt", Fact::kFetusCnt},
                                                          {"geso_weeks", Fact::kGesoWeeks},
                                                          {"stay_days", Fact::kStayDays}};
  for (const auto& [name, fact] : kNumbers) claim->fact[name] = std::to_string(facts[fact]);
  static const std::pair<const char*, Fact> kDays[] = {{"begndate", Fact::kBegndate},
                                                       {"enddate", Fact::kEnddate},
                                                       {"brdy", Fact::kBrdy},
                                                       {"retire_date", Fact::kRetireDate},
                                                       {"work_date", Fact::kWorkDate}};
  for (const auto& [name, fact] : kDays) {
    const int64_t day = facts[fact];
    claim->fact[name] = day == kNoDay ? "" : FormatDate(Date(static_cast<int32_t>(day)));
  }
  claim->fact["contribution_rate"] = FormatPercent(Ratio(facts[Fact::kContributionRate]));
}

slow::Line SlowLineOf(const Line& line) {
  slow::Line out;
  out.listed = line.item != nullptr;
  out.day = FormatDate(line.day);
  out.unrelated = line.unrelated;
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
    case Verdict::kOutOfRange:
      return "OUT_OF_RANGE";
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
    const slow::Split& split = answer.line.at(i);
    out->Compare(line + "own", decision.lines[i].fulamt_ownpay.value(), split.own);
    out->Compare(line + "over", decision.lines[i].overlmt.value(), split.over);
    out->Compare(line + "first", decision.lines[i].preselfpay.value(), split.first);
    out->Compare(line + "scope", decision.lines[i].inscp.value(), split.scope);
  }
}

// Benefit-only packages have no classify step and no groups.
void CompareGroups(const Program& program, const v1::Package& package, const Decision& decision,
                   const slow::Answer& answer, Differences* out) {
  if (package.step_size() == 0 || !package.step(0).has_classify()) return;
  const v1::Classify& classify = package.step(0).classify();
  for (int i = 0; i < classify.group_size(); ++i) {
    const std::string& name = classify.group(i).name();
    out->Compare(name, decision.amount[program.groups[static_cast<size_t>(i)].out].value(),
                 answer.amount.at(name));
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
    const Step& step = program.steps[i];
    out->Compare(id, decision.amount[step.out].value(), answer.amount.at(id));
    for (const auto& [name, slot] :
         {std::pair{id + ".over", step.over}, std::pair{id + ".beyond", step.beyond}}) {
      if (slot != kNoSlot)
        out->Compare(name, decision.amount[slot].value(), answer.amount.at(name));
    }
  }
}

// The interpreter's name of the total that `key` stands for; what is wrong with the key goes to
// `out`.
std::string NameOfTotal(const v1::Package& package, const Input& input, const AccumulatorKey& key,
                        const slow::Claim& claim, Differences* out) {
  const std::string key_name = Name(key.name);
  for (const v1::Accumulator& accumulator : package.accumulator()) {
    if (accumulator.name() != key_name) continue;
    out->Compare("institution of " + key_name, Name(key.institution),
                 accumulator.per_institution() ? Name(input.institution) : "");
    out->Compare("disease of " + key_name, Name(key.dise_codg),
                 accumulator.per_dise_codg() ? Name(input.dise_codg) : "");
    out->Compare("level of " + key_name, int64_t{key.hosp_lv},
                 accumulator.per_hosp_lv() ? input.facts[Fact::kHospLv] : -1);
    // The first day of a period lies in it.
    slow::Claim on_first_day;
    on_first_day.fact = {{"enddate", FormatDate(key.period)},
                         {"hosp_lv", claim.fact.at("hosp_lv")},
                         {"dise_codg", claim.fact.at("dise_codg")}};
    on_first_day.insutype = claim.insutype;
    on_first_day.institution = claim.institution;
    const std::string name = slow::TotalName(package, accumulator, on_first_day);
    const std::string period =
        accumulator.period() == v1::Accumulator::LIFE ? "" : FormatDate(key.period);
    const std::string begins = absl::StrCat(claim.insutype, "/", key_name, "/", period);
    out->Compare("period of " + key_name, begins, name.substr(0, begins.size()));
    return name;
  }
  return "";
}

// Both ways: only totals that move, none that the other does not know.
void CompareTotals(const v1::Package& package, const Input& input, const Decision& decision,
                   const slow::Claim& claim, const slow::Answer& answer, Differences* out) {
  std::map<std::string, int64_t> moved;
  for (const AccumulatorEntry& delta : decision.deltas) {
    moved[NameOfTotal(package, input, delta.key, claim, out)] += delta.value;
  }
  for (const auto& [name, value] : answer.added) {
    const auto fast = moved.find(name);
    out->Compare("total " + name, fast == moved.end() ? int64_t{0} : fast->second, value);
    moved.erase(name);
  }
  for (const auto& [name, value] : moved) out->Compare("total " + name, value, int64_t{0});
}

void ComparePayments(absl::string_view what, const Program& program,
                     const std::vector<FundPayment>& payments,
                     const std::vector<std::pair<std::string, int64_t>>& expected,
                     Differences* out) {
  out->Compare(absl::StrCat(what, "s"), payments.size(), expected.size());
  for (size_t i = 0; i < std::min(payments.size(), expected.size()); ++i) {
    out->Compare(absl::StrCat(what, " of"), program.step_text[payments[i].step].id,
                 expected[i].first);
    out->Compare(what, payments[i].amount.value(), expected[i].second);
  }
}

// Totals that were there before the history: the same for both.
void HoldTotals(const Program& program, const v1::Package& package, Random& random,
                MadeClaim* claim, std::map<std::string, int64_t>* totals) {
  for (int i = 0; i < package.accumulator_size(); ++i) {
    if (random.Percent(60)) continue;
    const AccumulatorSpec& spec = program.accumulators[static_cast<size_t>(i)];
    const slow::Claim slow_claim = SlowClaimOf(claim->input);
    const std::string name = slow::TotalName(package, package.accumulator(i), slow_claim);
    // A day is held once.
    if (spec.holds == Holds::kDay && totals->count(name) != 0) continue;
    const int64_t value = MakeTotal(program, spec, claim->input, random);
    claim->totals.push_back({KeyFor(program, spec, claim->input, claim->input.enddate), value});
    (*totals)[name] += value;
  }
  Connect(claim);
}

}  // namespace

slow::Claim SlowClaimOf(const Input& input) {
  slow::Claim claim;
  SetNames(input.facts, &claim);
  SetNumbers(input.facts, &claim);
  claim.fact["dise_codg"] = Name(input.dise_codg);
  claim.insutype = Name(input.insutype);
  claim.institution = Name(input.institution);
  for (const Line& line : input.lines) {
    claim.line.push_back(SlowLineOf(line));
    claim.line.back().place = claim.line.size() - 1;
  }
  for (const Symbol right : input.rights) claim.right.insert(Name(right));
  claim.account_may_pay = input.account_allowed;
  claim.family_offered = input.family_offered.value();
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
  CompareGroups(program, package, decision, answer, &out);
  CompareTotals(package, input, decision, slow_claim, answer, &out);
  ComparePayments("payment", program, decision.funds, answer.fund, &out);
  ComparePayments("benefit", program, decision.benefits, answer.benefit, &out);
  out.Compare("hospital", decision.hosp_part.value(), answer.hospital);
  out.Compare("act_pay_dedc", decision.act_pay_dedc.value(), answer.deductible);
  for (size_t i = 0; i < kSubAccounts; ++i) {
    const auto paid = answer.account_paid.find(kSubAccountNames[i]);
    out.Compare(kSubAccountNames[i], decision.account_paid[i].value(),
                paid == answer.account_paid.end() ? int64_t{0} : paid->second);
  }
  out.Compare("relatives", decision.family_paid.value(), answer.family_paid);
  return out.text();
}

std::string CompareHistory(const Program& program, const v1::Package& package, Random& random,
                           std::map<std::string, int64_t>* verdicts) {
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
    claim.input.family_offered = random.Percent(30) ? Fen(random.Magnitude(5'000'000)) : Fen();
    if (random.Percent(50)) HoldTotals(program, package, random, &claim, &totals);
    Evaluate(program, claim.input, decision);
    slow::Claim slow_claim = SlowClaimOf(claim.input);
    for (size_t g = 0; g < program.given.size(); ++g) {
      slow_claim.given[package.given(static_cast<int>(g)).name()] = claim.given[g];
    }
    slow_claim.total = totals;
    slow_claim.account = account;
    const slow::Answer answer = slow::Interpret(package, slow_claim);
    const std::string difference =
        Difference(program, package, claim.input, decision, slow_claim, answer);
    if (!difference.empty()) return absl::StrCat("claim ", i, ": ", difference);
    ++(*verdicts)[answer.verdict];
    if (decision.verdict != Verdict::kSettled) continue;
    for (const AccumulatorEntry& delta : decision.deltas) claim.totals.push_back(delta);
    for (const auto& [name, value] : answer.added) totals[name] += value;
    for (size_t s = 0; s < kSubAccounts; ++s) claim.input.account[s] -= decision.account_paid[s];
    for (const auto& [name, paid] : answer.account_paid) account[name] -= paid;
  }
  return "";
}

}  // namespace yijie::rules
