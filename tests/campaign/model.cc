#include "tests/campaign/model.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/campaign/made_world.h"

namespace yijie::campaign {
namespace {

constexpr size_t kMostCorrections = 1'000;

// Whether the credential that was shown, or that none was, refuses the claim.
bool CredentialRefuses(const Case& asked, const v1::CardRules& rules) {
  if (!asked.counter.asks) return false;
  const v1::Credential* shown = asked.counter.credential;
  if (shown == nullptr) return rules.credential_required();
  const bool other_certificate =
      !shown->certno().empty() && (shown->psn_cert_type() != asked.facts.psn_cert_type() ||
                                   shown->certno() != asked.facts.certno());
  if (other_certificate) return true;
  if (shown->mdtrt_cert_type() != "03") return false;
  for (const engine::CardModel::Card& card : asked.person->cards.cards()) {
    if (card.number != shown->mdtrt_cert_no()) continue;
    return shown->card_sn() != "S" + card.number ||
           asked.person->cards.Status(card, 0, asked.now.day_number) != v1::CARD_NORMAL;
  }
  return true;
}

// A stay some day of which is a day of the claim.
const Stay* StayAround(const Person& person, const v1::Claim& claim) {
  for (const Stay& stay : person.stays) {
    const bool begun = stay.admission.begndate() <= LastDay(claim);
    const bool on = stay.enddate.empty() || claim.begndate() <= stay.enddate;
    if (begun && on) return &stay;
  }
  return nullptr;
}

// What the area says about a claim beside a stay. A flag goes to `shown`.
bool StayRefuses(const Case& asked, const v1::Coverage& coverage, v1::Settlement* shown) {
  if (asked.person == nullptr) return false;
  const std::string& kind = asked.claim.med_type();
  const bool purchase = kind.substr(0, 2) == "41";
  if (!purchase && kind[0] != '1') return false;
  if (StayAround(*asked.person, asked.claim) == nullptr) return false;
  const v1::StayRules& rules = RulesOfArea(coverage.insuplc_admdvs()).stay();
  const auto handling = purchase ? rules.purchase_during_stay() : rules.outpatient_during_stay();
  if (handling == v1::StayRules::FLAG)
    shown->add_flag()->set_code(purchase ? "PURCHASE_DURING_STAY" : "OUTPATIENT_DURING_STAY");
  return handling == v1::StayRules::REFUSE;
}

// A visit is paid once: the agency reimbursed this one.
bool WasReimbursed(const Case& asked) {
  if (asked.person == nullptr || asked.filed || asked.claim.mdtrt_id().empty()) return false;
  const auto& claims = asked.person->claims;
  return std::any_of(claims.begin(), claims.end(), [&](const SettledClaim& claim) {
    return claim.filed && claim.institution == asked.institution &&
           claim.claim.mdtrt_id() == asked.claim.mdtrt_id() &&
           asked.person->settlements.at(claim.settlements.back()).undone_by == 0;
  });
}

// The first refusal that applies, in the order of v1::Outcome, up to those of the policy.
v1::Outcome Entitled(const Case& asked, v1::Settlement* shown) {
  const v1::Claim& claim = asked.claim;
  const std::string& day = claim.begndate();
  if (!Covers(*FindInstitution(asked.institution), day)) return v1::INSTITUTION_NOT_IN_FORCE;
  const std::string& death = asked.facts.death_date();
  if (!death.empty() && death < day) return v1::PERSON_DECEASED;
  for (const v1::NetworkSuspension& suspension : asked.facts.suspension()) {
    if (asked.filed) break;
    if (Covers(suspension, day) || Covers(suspension, asked.now.day)) return v1::NETWORK_SUSPENDED;
  }
  const v1::Coverage* coverage = CoverageOn(asked.facts, claim.insutype(), day);
  const v1::AreaRules& rules = RulesOfArea(coverage == nullptr ? "" : coverage->insuplc_admdvs());
  if (CredentialRefuses(asked, rules.card())) return v1::CREDENTIAL_REFUSED;
  for (const v1::Route& route : rules.route()) {
    if (coverage != nullptr && route.insutype() == coverage->insutype() &&
        coverage->psn_type().compare(0, route.psn_type_prefix().size(), route.psn_type_prefix()) ==
            0)
      return v1::OTHER_ROUTE;
  }
  if (coverage != nullptr && StayRefuses(asked, *coverage, shown)) return v1::IN_HOSPITAL;
  if (WasReimbursed(asked)) return v1::REIMBURSED_BEFORE;
  if (coverage == nullptr) return v1::NOT_INSURED;
  return coverage->psn_insu_stas() == "1" ? v1::SETTLED : v1::COVERAGE_NOT_NORMAL;
}

int64_t Cash(const Settlement& settlement) {
  return settlement.answer.amounts().psn_cash_pay_fen();
}

// What the institution is owed for it.
int64_t Payable(const Settlement& settlement) {
  return settlement.answer.amounts().medfee_sumamt_fen() - settlement.cash_given;
}

void Negate(const v1::Amounts& amounts, v1::Amounts* out) {
  const auto* type = v1::Amounts::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* reflection = amounts.GetReflection();
    const int64_t fen = reflection->GetInt64(amounts, type->field(i));
    if (fen != 0) reflection->SetInt64(out, type->field(i), -fen);
  }
}

void ShowFunds(const std::map<std::string, int64_t>& funds, v1::Settlement* shown) {
  for (const auto& [type, fen] : funds) {
    v1::FundPayment* payment = shown->add_setldetail();
    payment->set_fund_pay_type(type);
    payment->set_fund_payamt_fen(fen);
  }
}

int64_t FamilySum(const Settlement& settlement) {
  int64_t sum = 0;
  for (const FamilyPart& part : settlement.family) sum += part.taken.sum();
  return sum;
}

// Of the kinds that the campaign claims, at institutions that are not of Hunan.
std::string ClearingClass(const std::string& med_type) {
  return med_type == "2102" ? "27" : med_type.substr(0, 2);
}

// The last settlement of a claim.
const Settlement& NewestOf(const Person& person, const SettledClaim& claim) {
  return person.settlements.at(claim.settlements.back());
}

bool IsDifferent(const Settlement& before, const Replayed& now_due) {
  const Bill& bill = now_due.bill;
  const Purse paid = now_due.turned_since ? before.paid.CarriedOver() : before.paid;
  return bill.outcome != v1::SETTLED ||
         before.answer.amounts().SerializeAsString() != bill.amounts.SerializeAsString() ||
         before.funds != bill.funds || paid.fen != now_due.paid().fen ||
         WithoutZeros(before.touched) != WithoutZeros(bill.touched);
}

// Fees that the settlement `from` took are those of `to`; of 0: they are open again.
void MoveFees(Person& person, int64_t from, int64_t to) {
  for (Stay& stay : person.stays) {
    bool took = false;
    for (Batch& batch : stay.batches) {
      if (batch.settled_version != from) continue;
      batch.settled_version = to;
      took = true;
    }
    if (took && to == 0) stay.settled = false;
  }
}

// The settlement of the last part of the stay that `original` is a part of; 0 if it is no part of
// one.
int64_t LastPart(const Person& person, const Settlement& original) {
  for (const Stay& stay : person.stays) {
    const Settlement* last = nullptr;
    bool part = false;
    for (const Batch& batch : stay.batches) {
      if (batch.settled_version == 0) continue;
      const Settlement& settlement = person.settlements.at(batch.settled_version);
      part = part || settlement.version == original.version;
      if (last == nullptr || settlement.claim > last->claim) last = &settlement;
    }
    if (part) return last->version;
  }
  return 0;
}

// Money of this year becomes money of past years.
void Carry(Purse& purse, int64_t fen) {
  purse.fen[0] -= fen;
  purse.fen[1] += fen;
}

// The rules by which an account is kept on a day: of the area of the employees' relation in force,
// else of the one that began last.
const v1::AreaRules& AccountRules(const v1::PersonFacts& facts, const std::string& day) {
  const v1::Coverage* found = CoverageOn(facts, "310", day);
  if (found != nullptr) return RulesOfArea(found->insuplc_admdvs());
  for (const v1::Coverage& coverage : facts.coverage()) {
    if (coverage.insutype() != "310" || coverage.begndate() > day) continue;
    if (found == nullptr || found->begndate() < coverage.begndate()) found = &coverage;
  }
  return RulesOfArea(found == nullptr ? "" : found->insuplc_admdvs());
}

// The claim without the lines that are given back.
v1::RefundOutcome TakeOut(const v1::RefundRequest& request, v1::Claim* claim) {
  auto& lines = *claim->mutable_fee_line();
  for (const v1::RefundLine& back : request.line()) {
    if (back.line() > lines.size()) return v1::REFUND_NO_SUCH_LINE;
    v1::FeeLine& line = lines[back.line() - 1];
    if (back.cnt_1e4() > line.cnt_1e4()) return v1::REFUND_MORE_THAN_BOUGHT;
    line.set_cnt_1e4(line.cnt_1e4() - back.cnt_1e4());
    // To the fen, half up: price and quantity are both in 1/10,000.
    const int64_t exact = line.cnt_1e4() * (line.pric_fen_1e4() / 10'000);
    line.set_det_item_fee_sumamt_fen((exact + 5'000) / 10'000);
  }
  v1::Claim rest = *claim;
  rest.clear_fee_line();
  int64_t sum = 0;
  for (const v1::FeeLine& line : lines) {
    if (line.cnt_1e4() > 0) *rest.add_fee_line() = line;
    sum += line.det_item_fee_sumamt_fen();
  }
  rest.set_medfee_sumamt_fen(sum);
  *claim = rest;
  return sum == 0 ? v1::REFUND_NOTHING_LEFT : v1::REFUNDED;
}
}  // namespace

const Settlement& NewestOfBill(const Person& person, const Settlement& settlement) {
  const Settlement& newest = NewestOf(person, person.claims[settlement.claim]);
  return newest.remainder == 0 ? newest
                               : NewestOfBill(person, person.settlements.at(newest.remainder));
}

bool IsReversed(const Person& person, const Settlement& newest) {
  return newest.undone_by != 0 && !person.claims[newest.claim].refused_by_correction;
}

int64_t LastDependent(const Person& person, const Settlement& original) {
  const Totals moved = WithoutZeros(original.touched);
  int64_t last = 0;
  for (size_t claim = original.claim + 1; claim < person.claims.size(); ++claim) {
    const Settlement& later = NewestOf(person, person.claims[claim]);
    if (later.undone_by != 0) continue;
    for (const auto& [name, value] : moved) {
      if (later.touched.count(name) > 0) last = later.version;
    }
  }
  return last;
}

void TellUndo(const Person& person, const Settlement& original, const Now& now,
              v1::Reversal* told) {
  told->set_outcome(v1::REVERSED);
  told->set_setl_id(Person::IdOf(person.version));
  told->set_orig_setl_id(Person::IdOf(original.version));
  Negate(original.answer.amounts(), told->mutable_amounts());
  told->set_cash_paid_fen(original.cash_given);
  told->set_balc_fen(person.purse.sum());
  told->set_version(person.version);
  told->set_setl_time(now.time);
  told->set_clr_date(now.day);
}

Answer Error(absl::StatusCode code, std::string field) {
  Answer answer;
  answer.code = code;
  answer.field = std::move(field);
  return answer;
}

const v1::Coverage* CoverageOn(const v1::PersonFacts& facts, const std::string& insutype,
                               const std::string& day) {
  for (const v1::Coverage& coverage : facts.coverage()) {
    if (coverage.insutype() == insutype && Covers(coverage, day)) return &coverage;
  }
  return nullptr;
}

const v1::AreaRules& RulesOfPerson(const v1::PersonFacts& facts, const std::string& day) {
  const v1::Coverage* found = nullptr;
  for (const v1::Coverage& coverage : facts.coverage()) {
    if (!Covers(coverage, day)) continue;
    const bool normal = coverage.psn_insu_stas() == "1";
    if (found == nullptr || normal) found = &coverage;
    if (normal) break;
  }
  return RulesOfArea(found == nullptr ? "" : found->insuplc_admdvs());
}

bool Overlap(const std::string& begin_a, const std::string& end_a, const std::string& begin_b,
             const std::string& end_b) {
  return (end_b.empty() || begin_a < end_b) && (end_a.empty() || begin_b < end_a);
}

Person::Person(const std::string& number) : psn_no(number), cards(RulesOfArea("").card()) {}

Stay* Person::FindStay(const std::string& institution, const std::string& mdtrt_id) {
  for (Stay& stay : stays) {
    if (stay.institution == institution && stay.mdtrt_id == mdtrt_id) return &stay;
  }
  return nullptr;
}

const Settlement* Person::FindSettlement(const std::string& institution,
                                         const std::string& setl_id) const {
  for (const auto& [place, settlement] : settlements) {
    if (setl_ids.at(place) == setl_id && settlement.owner == institution) return &settlement;
  }
  return nullptr;
}

std::string Person::IdOf(int64_t version) {
  return version == 0 ? std::string() : absl::StrCat("@", version);
}

YearTurn::YearTurn(Person& person, const Now& now)
    : person_(person),
      purse_(person.purse),
      version_(person.version),
      year_begins_(person.year_begins),
      turned_version_(person.turned_version) {
  const std::string begins = now.day.substr(0, 4) + "-01-01";
  if (begins <= person.year_begins || !AccountRules(person.facts, begins).account().year_rollover())
    return;
  // What there was on the last day of the year before, unless it was used since.
  auto before = person.purse_after.lower_bound(DayNumber(begins));
  if (before == person.purse_after.begin()) return;
  --before;
  happened_ = true;
  Carry(person.purse, std::min(before->second.fen[0], person.purse.fen[0]));
  person.year_begins = begins;
  person.turned_version = ++person.version;
  person.movements.push_back({Movement::kTurn, {}, 0, person.purse.fen[0]});
}

void YearTurn::TakeBack() {
  if (!happened_) return;
  person_.purse = purse_;
  person_.version = version_;
  person_.year_begins = year_begins_;
  person_.turned_version = turned_version_;
  person_.movements.pop_back();
}

Person& Model::Find(const std::string& psn_no) {
  Person*& person = by_number_[psn_no];
  if (person == nullptr) person = &persons_.emplace_back(psn_no);
  return *person;
}

std::string Model::KeyOf(const std::string& institution, v1::Transaction call,
                         const std::string& msgid) {
  return absl::StrCat(institution, "/", static_cast<int>(call), "/", msgid);
}

KnownMessage* Model::FindMessage(const std::string& key) {
  const auto found = messages_.find(key);
  return found == messages_.end() ? nullptr : &found->second;
}

Bill Model::Judge(const Case& asked, v1::Settlement* shown) {
  const v1::Claim& claim = asked.claim;
  Bill bill;
  bill.outcome = Entitled(asked, shown);
  if (bill.outcome == v1::SETTLED) {
    bill = WorkOutBill(claim, *FindInstitution(asked.institution), asked.facts,
                       *CoverageOn(asked.facts, claim.insutype(), claim.begndate()), asked.purse,
                       asked.totals);
  }
  shown->set_outcome(bill.outcome);
  if (bill.outcome != v1::SETTLED) {
    shown->set_reason("refused");
    shown->clear_flag();
  }
  shown->set_psn_no(claim.psn_no());
  shown->set_insutype(claim.insutype());
  shown->set_med_type(claim.med_type());
  shown->set_mdtrt_id(claim.mdtrt_id());
  shown->set_fixmedins_code(asked.institution);
  shown->set_setl_time(asked.now.time);
  shown->set_clr_date(asked.now.day);
  shown->set_balc_before_fen(asked.purse.sum());
  shown->set_balc_fen(asked.purse.sum());
  if (!bill.policy.empty()) shown->mutable_explanation()->set_policy(bill.policy);
  if (bill.outcome != v1::SETTLED) return bill;
  *shown->mutable_amounts() = bill.amounts;
  shown->set_clr_type(ClearingClass(claim.med_type()));
  ShowFunds(bill.funds, shown);
  for (const v1::LineResult& line : bill.lines) *shown->add_line() = line;
  shown->set_balc_fen(asked.purse.sum() - bill.paid.sum());
  return bill;
}

void Model::PostOwed(const Person& person, const Settlement& settlement, int64_t payable,
                     int64_t person_clearing, const Now& now) {
  Post("INSTITUTION_PAYABLE", settlement.owner, -payable);
  Post("PERSON_CLEARING", person.psn_no, -person_clearing);
  Period& period = PeriodOf(settlement.owner, now);
  period.payable += payable;
  period.person_clearing += person_clearing;
}

void Model::PostSettlement(const Person& person, const Settlement& settlement, const Now& now) {
  const int64_t sign = settlement.undone_by == 0 ? 1 : -1;
  for (const auto& [type, fen] : settlement.funds) Post("FUND_EXPENSE", type, sign * fen);
  PostOwed(person, settlement, sign * Payable(settlement),
           sign * (settlement.cash_given - Cash(settlement)), now);
  const v1::Amounts& amounts = settlement.answer.amounts();
  for (const FamilyPart& part : settlement.family)
    Post("FAMILY_CLEARING", part.giver, sign * part.taken.sum());
  Period& period = PeriodOf(settlement.owner, now);
  ++(sign > 0 ? period.settlements : period.refunds);
  period.medfee += sign * amounts.medfee_sumamt_fen();
  period.funds += sign * amounts.fund_pay_sumamt_fen();
  period.account += sign * (amounts.acct_pay_fen() + amounts.acct_mulaid_pay_fen());
  period.cash += sign * amounts.psn_cash_pay_fen();
  if (settlement.answer.setlym() == now.day.substr(0, 7)) {
    period.standing[person.psn_no] += sign;
  } else {
    ++period.late;
  }
}

Answer Model::SettleClaim(Person& person, const v1::MessageHeader& header, const v1::Claim& claim,
                          const Counter& counter, const Now& now) {
  if (FindInstitution(header.fixmedins_code()) == nullptr)
    return Error(absl::StatusCode::kNotFound, "header.fixmedins_code");
  if (LastDay(claim) > now.day) {
    return Error(absl::StatusCode::kInvalidArgument,
                 claim.enddate().empty() ? "claim.begndate" : "claim.enddate");
  }
  v1::SettleResponse response;
  v1::Settlement& shown = *response.mutable_settlement();
  const Bill bill = Judge({claim, header.fixmedins_code(), person.facts, person.purse,
                           person.totals, &person, counter, now},
                          &shown);
  shown.set_medins_setl_id(header.msgid());
  shown.set_version(person.version);
  if (bill.outcome != v1::SETTLED) return Told(response);

  Settlement settlement;
  settlement.version = ++person.version;
  settlement.claim = person.claims.size();
  settlement.owner = header.fixmedins_code();
  settlement.funds = bill.funds;
  settlement.paid = bill.paid;
  settlement.touched = bill.touched;
  settlement.family = PayFromFamily(person, bill.family_most, now);
  PayByFamily(FamilySum(settlement), shown.mutable_amounts());
  settlement.cash_given = shown.amounts().psn_cash_pay_fen();
  shown.set_version(person.version);
  shown.set_setl_id(Person::IdOf(person.version));
  shown.set_setlym(now.day.substr(0, 7));
  settlement.answer = shown;
  settlement.answer.clear_line();
  person.claims.push_back({claim,
                           header.fixmedins_code(),
                           header.msgid(),
                           now,
                           person.purse,
                           person.stays,
                           person.version,
                           {person.version},
                           false,
                           std::nullopt,
                           false,
                           ""});
  person.purse.Add(bill.paid, -1);
  AddTo(person.totals, bill.touched);
  PostSettlement(person, settlement, now);
  person.movements.push_back({Movement::kClaim, {}, settlement.claim, 0});
  person.settlements[person.version] = std::move(settlement);
  Answer answer = Told(response, person.version);
  answer.settled = true;
  return answer;
}

void Model::TakeBack(Person& person, Settlement& settlement, const Now& now) {
  settlement.undone_by = person.version;
  // This year's money of before a turn is past years' since.
  const bool turned = settlement.version < person.turned_version;
  person.purse.Add(turned ? settlement.paid.CarriedOver() : settlement.paid);
  AddTo(person.totals, settlement.touched, -1);
  PostSettlement(person, settlement, now);
}

v1::ReverseOutcome Model::UndoLimit(const SettledClaim& claim, Undoer by, const Now& now) const {
  if (by == Undoer::kTheAgency) return v1::REVERSED;
  if (closed_periods_.count({claim.institution, claim.received.day.substr(0, 7)}) > 0)
    return v1::CLEARING_PERIOD_CLOSED;
  const v1::AreaRules& rules = RulesOfArea(FindInstitution(claim.institution)->admdvs());
  if (rules.clearing().reversal_by_institution() == v1::ClearingRules::SAME_PERIOD)
    return v1::REVERSED;
  const int days = by == Undoer::kItselfByMessage ? 1 : 0;
  return now.day_number > claim.received.day_number + days ? v1::ONLY_BY_AGENCY : v1::REVERSED;
}

Answer Model::Undo(Person& person, int64_t version, Undoer by, const Now& now) {
  // What a correction replaced is undone by undoing what replaced it.
  const SettledClaim& claim = person.claims[person.settlements.at(version).claim];
  if (!claim.filed) version = claim.settlements.back();
  Settlement& original = person.settlements.at(version);
  v1::ReverseResponse response;
  v1::Reversal& told = *response.mutable_reversal();
  told.set_orig_setl_id(Person::IdOf(version));
  told.set_balc_before_fen(person.purse.sum());
  told.set_setl_time(now.time);
  const auto refuse = [&](v1::ReverseOutcome outcome, int64_t later) {
    told.set_outcome(outcome);
    told.set_reason("refused");
    told.set_setl_id(Person::IdOf(later));
    told.set_balc_fen(person.purse.sum());
    told.set_version(person.version);
    return Told(response);
  };
  if (claim.filed) return refuse(v1::FILED_WITH_AGENCY, 0);
  if (original.undone_by != 0) return refuse(v1::ALREADY_REVERSED, original.remainder);
  if (const v1::ReverseOutcome limit = UndoLimit(claim, by, now); limit != v1::REVERSED)
    return refuse(limit, 0);
  if (const int64_t later = LastDependent(person, original); later != 0)
    return refuse(v1::LATER_SETTLEMENT_EXISTS, later);
  if (const int64_t part = LastPart(person, original); part != 0 && part != version)
    return refuse(v1::LATER_SETTLEMENT_EXISTS, part);

  ++person.version;
  TakeBack(person, original, now);
  MoveFees(person, version, 0);
  person.movements.push_back({Movement::kUndo, {}, original.claim, 0});
  TellUndo(person, original, now, &told);
  Answer answer = Told(response, person.version);
  // What a correction left between funds and person is settled up.
  if (OwedBy(original) != 0) SettleUp(person, ChangesOfUndo(person, original), now);
  RepayFamily(person, original, now);
  return answer;
}

Answer Model::Refund(Person& person, const v1::RefundRequest& request, const Now& now) {
  v1::RefundResponse response;
  response.set_orig_setl_id(request.setl_id());
  const auto refuse = [&](v1::RefundOutcome outcome, int64_t named = 0) {
    response.set_outcome(outcome);
    response.set_reason("refused");
    response.set_remainder_setl_id(Person::IdOf(named));
    return Told(response);
  };
  const std::string& institution = request.header().fixmedins_code();
  const Settlement* found = person.FindSettlement(institution, request.setl_id());
  if (found == nullptr) return refuse(v1::REFUND_NO_SUCH_SETTLEMENT);
  Settlement& original = person.settlements.at(found->version);
  if (original.undone_by != 0) return refuse(v1::REFUND_NOT_STANDING, original.remainder);
  const SettledClaim& claim = person.claims[original.claim];
  switch (UndoLimit(claim, Undoer::kItself, now)) {
    case v1::CLEARING_PERIOD_CLOSED:
      return refuse(v1::REFUND_PERIOD_CLOSED);
    case v1::ONLY_BY_AGENCY:
      return refuse(v1::REFUND_ONLY_BY_AGENCY);
    default:
      break;
  }
  if (!RulesOfArea(FindInstitution(institution)->admdvs()).undo().partial_refund_allowed() ||
      !original.family.empty() || person.FindStay(institution, claim.claim.mdtrt_id()) != nullptr)
    return refuse(v1::REFUND_NOT_ALLOWED);
  if (const int64_t later = LastDependent(person, original); later != 0)
    return refuse(v1::REFUND_LATER_SETTLEMENT, later);
  SettledClaim rest{claim};
  rest.msgid = request.header().msgid();
  rest.remainder_of = original.claim;
  if (const v1::RefundOutcome outcome = TakeOut(request, &rest.claim); outcome != v1::REFUNDED)
    return refuse(outcome);

  // The remaining lines are judged as of then, as if the whole had never been settled.
  Totals totals = person.totals;
  AddTo(totals, original.touched, -1);
  Person then = person;
  then.stays = rest.stays_then;
  Replayed due;
  due.bill = Judge(
      {rest.claim, institution, person.facts, rest.purse_then, totals, &then, {}, rest.received},
      &due.shown);
  if (due.bill.outcome != v1::SETTLED) return refuse(v1::REFUND_REMAINDER_REFUSED);
  due.turned_since = rest.came_with < person.turned_version;

  const Purse purse_before = person.purse;
  v1::Reversal& reversal = *response.mutable_reversal();
  reversal.set_balc_before_fen(person.purse.sum());
  ++person.version;
  TakeBack(person, original, now);
  TellUndo(person, original, now, &reversal);
  Settlement after;
  after.claim = person.claims.size();
  after.owner = original.owner;
  after.answer = due.shown;
  after.answer.set_medins_setl_id(rest.msgid);
  after.answer.set_remainder_of_setl_id(Person::IdOf(original.version));
  SettleNow(person, due, now, after);
  // The institution hands out no more than it took.
  const int64_t cash_back = std::min(Cash(original) - Cash(after), original.cash_given);
  after.cash_given = original.cash_given - cash_back;
  PostSettlement(person, after, now);

  const v1::Amounts& amounts = after.answer.amounts();
  const v1::Amounts& before = original.answer.amounts();
  response.set_outcome(v1::REFUNDED);
  response.set_remainder_setl_id(Person::IdOf(after.version));
  response.set_goods_fen(before.medfee_sumamt_fen() - amounts.medfee_sumamt_fen());
  response.set_fund_back_fen(before.fund_pay_sumamt_fen() - amounts.fund_pay_sumamt_fen());
  response.set_cash_back_fen(cash_back);
  for (size_t i = 0; i < purse_before.fen.size(); ++i) {
    const int64_t back = person.purse.fen[i] - purse_before.fen[i];
    if (back == 0) continue;
    v1::SubAccountRefund* told = response.add_account_back();
    told->set_sub_account(i == 0 ? v1::CURRENT_YEAR : v1::PAST_YEARS);
    told->set_amount_fen(back);
  }
  *response.mutable_settlement() = after.answer;
  after.answer.clear_line();
  original.remainder = after.version;
  person.movements.push_back({Movement::kUndo, {}, original.claim, 0});
  person.movements.push_back({Movement::kClaim, {}, after.claim, 0});
  rest.settlements = {after.version};
  person.claims.push_back(std::move(rest));
  const int64_t owed = OwedBy(after) - OwedBy(original);
  const std::vector<DueChange> changes = ChangesOfCorrection(person, original, &after, owed);
  const int64_t answered_by = after.version;
  person.settlements[after.version] = std::move(after);
  if (owed != 0) SettleUp(person, changes, now);
  return Told(response, answered_by);
}

std::map<size_t, Replayed> Model::Replay(const Person& person, const v1::PersonFacts& facts) {
  Purse purse;
  Totals totals;
  std::map<size_t, Replayed> replayed;
  std::map<size_t, Purse> purses_then;  // by claim
  for (const Movement& movement : person.movements) {
    if (movement.kind == Movement::kCredit) {
      purse.Add(movement.credit);
      continue;
    }
    if (movement.kind == Movement::kTurn) {
      Carry(purse, std::max<int64_t>(purse.fen[0] - movement.stays, 0));
      for (auto& [place, each] : replayed) each.turned_since = true;
      continue;
    }
    // Money that other movements took is not there to pay with.
    Purse there = purse;
    for (int64_t& fen : there.fen) fen = std::max<int64_t>(fen, 0);
    const SettledClaim& claim = person.claims[movement.claim];
    if (claim.refused_by_correction) continue;
    Replayed& each = replayed[movement.claim];
    const int64_t sign = movement.kind == Movement::kUndo ? -1 : 1;
    if (sign > 0) {
      purses_then[movement.claim] = claim.remainder_of ? purses_then[*claim.remainder_of] : there;
      if (claim.remainder_of) each.turned_since = replayed[*claim.remainder_of].turned_since;
      each.bill = Judge({claim.claim,
                         claim.institution,
                         facts,
                         purses_then[movement.claim],
                         totals,
                         nullptr,
                         {},
                         claim.received,
                         claim.filed},
                        &each.shown);
      // Relatives are asked for no more than they paid.
      const int64_t family = std::min(each.bill.family_most, FamilySum(NewestOf(person, claim)));
      if (family > 0) {
        PayByFamily(family, &each.bill.amounts);
        PayByFamily(family, each.shown.mutable_amounts());
      }
    }
    if (each.bill.outcome != v1::SETTLED) continue;
    purse.Add(each.paid(), -sign);
    AddTo(totals, each.bill.touched, sign);
  }
  return replayed;
}

v1::Correction Model::TakeBackForCorrection(Person& person, Settlement& before,
                                            const Replayed& now_due, const Now& now) {
  ++person.version;
  TakeBack(person, before, now);
  v1::Correction told;
  told.set_orig_setl_id(Person::IdOf(before.version));
  told.set_reversal_setl_id(Person::IdOf(person.version));
  told.set_outcome(now_due.bill.outcome);
  *told.mutable_before() = before.answer.amounts();
  if (now_due.bill.outcome == v1::SETTLED) return told;
  // The institution keeps what it was owed, and the person owes all that was not paid at the
  // counter.
  told.set_reason("refused");
  told.set_owed_to_person_fen(Cash(before) - before.answer.amounts().medfee_sumamt_fen());
  PostOwed(person, before, Payable(before), -Payable(before), now);
  person.claims[before.claim].refused_by_correction = true;
  return told;
}

void Model::SettleNow(Person& person, const Replayed& now_due, const Now& now,
                      Settlement& settlement) {
  settlement.version = ++person.version;
  settlement.funds = now_due.bill.funds;
  settlement.touched = now_due.bill.touched;
  // Money that is gone cannot pay; the person owes it in cash.
  for (size_t i = 0; i < settlement.paid.fen.size(); ++i)
    settlement.paid.fen[i] = std::min(now_due.paid().fen[i], person.purse.fen[i]);
  v1::Settlement& shown = settlement.answer;
  v1::Amounts& amounts = *shown.mutable_amounts();
  amounts.set_acct_pay_fen(settlement.paid.sum());
  amounts.set_psn_cash_pay_fen(amounts.psn_part_amt_fen() - settlement.paid.sum());
  shown.set_setl_id(Person::IdOf(settlement.version));
  shown.set_version(settlement.version);
  shown.set_setl_time(now.time);
  shown.set_clr_date(now.day);
  shown.set_setlym(now.day.substr(0, 7));
  shown.set_balc_before_fen(person.purse.sum());
  shown.set_balc_fen(person.purse.sum() - settlement.paid.sum());
  person.purse.Add(settlement.paid, -1);
  AddTo(person.totals, settlement.touched);
}

void Model::SettleAgain(Person& person, const Settlement& before, const Replayed& now_due,
                        const Now& now, v1::Correction* told) {
  SettledClaim& claim = person.claims[before.claim];
  Settlement after;
  after.claim = before.claim;
  after.owner = before.owner;
  after.cash_given = before.cash_given;
  after.answer = now_due.shown;
  after.answer.clear_line();
  *after.answer.mutable_flag() = before.answer.flag();
  after.answer.set_medins_setl_id(claim.msgid);
  after.answer.set_corrects_setl_id(Person::IdOf(before.version));
  SettleNow(person, now_due, now, after);
  PostSettlement(person, after, now);
  MoveFees(person, before.version, after.version);
  claim.settlements.push_back(after.version);
  told->set_setl_id(Person::IdOf(after.version));
  *told->mutable_after() = after.answer.amounts();
  told->set_owed_to_person_fen(Cash(before) - Cash(after));
  person.settlements[after.version] = std::move(after);
}

Answer Model::Amend(Person& person, const v1::PersonFacts& facts, const Now& now) {
  const std::map<size_t, Replayed> replayed = Replay(person, facts);
  std::vector<size_t> different;  // claims
  for (const auto& [place, each] : replayed) {
    const Settlement& standing = NewestOf(person, person.claims[place]);
    if (standing.undone_by != 0 || !IsDifferent(standing, each)) continue;
    if (!standing.family.empty()) return Error(absl::StatusCode::kFailedPrecondition, "facts");
    different.push_back(place);
  }
  if (different.size() > kMostCorrections)
    return Error(absl::StatusCode::kResourceExhausted, "facts");
  const int64_t answered_by = ++person.version;
  person.facts = facts;
  std::map<size_t, v1::Correction> corrections;
  std::map<size_t, int64_t> before;
  for (auto place = different.rbegin(); place != different.rend(); ++place) {
    before[*place] = NewestOf(person, person.claims[*place]).version;
    corrections[*place] =
        TakeBackForCorrection(person, person.settlements[before[*place]], replayed.at(*place), now);
  }
  v1::AmendPersonResponse response;
  std::vector<DueChange> changes;
  bool unfiled = false;
  for (auto& [place, told] : corrections) {
    const Settlement& old = person.settlements.at(before[place]);
    const bool settles = told.outcome() == v1::SETTLED;
    if (settles) SettleAgain(person, old, replayed.at(place), now, &told);
    const Settlement* now_standing = settles ? &NewestOf(person, person.claims[place]) : nullptr;
    for (DueChange& change :
         ChangesOfCorrection(person, old, now_standing, told.owed_to_person_fen()))
      changes.push_back(std::move(change));
    unfiled = unfiled || (!settles && person.claims[place].filed);
    response.set_owed_to_person_fen(response.owed_to_person_fen() + told.owed_to_person_fen());
    *response.add_correction() = told;
  }
  // A filed claim that is refused now may be filed anew, which is for that version to note.
  if (!changes.empty() || unfiled) SettleUp(person, changes, now);
  response.set_psn_no(person.psn_no);
  response.set_version(person.version);
  response.set_balc_fen(person.purse.sum());
  return Told(response, answered_by);
}

}  // namespace yijie::campaign
