#include "tests/inquiry/made_history.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "engine/call.h"
#include "engine/correction/amendment.h"
#include "engine/deterministic_bytes.h"
#include "engine/edge.h"
#include "engine/policy_archive.h"
#include "engine/queries.h"
#include "engine/settlement_id.h"
#include "engine/transactions.h"
#include "tests/correction/world.h"
#include "tests/engine/engine_fixture.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {
namespace {

constexpr int64_t kDayMs = 86'400'000;

template <typename T>
T Checked(absl::StatusOr<T> result) {
  YIJIE_CHECK(result.ok(), std::string(result.status().message()).c_str());
  return *std::move(result);
}

template <typename Response>
Response Read(const std::string& bytes) {
  Response response;
  YIJIE_CHECK(response.ParseFromString(bytes), "a reply cannot be read");
  return response;
}

ModelSettlement ModelOf(const v1::Settlement& settlement, Date day) {
  ModelSettlement model;
  model.version = settlement.version();
  model.setl_id = settlement.setl_id();
  model.institution = settlement.fixmedins_code();
  model.mdtrt_id = settlement.mdtrt_id();
  model.insutype = settlement.insutype();
  model.med_type = settlement.med_type();
  model.day = day;
  model.amounts = settlement.amounts();
  model.corrects = settlement.corrects_setl_id();
  for (const v1::FundPayment& fund : settlement.setldetail())
    model.funds[fund.fund_pay_type()] += fund.fund_payamt_fen();
  return model;
}

}  // namespace

MadeHistory::MadeHistory(uint64_t seed)
    : random_(seed), reference_(CorrectionReference()), facts_(SoundFacts()) {
  YIJIE_CHECK(ArchivePolicies(store_, *reference_->policies, absl::UnixEpoch()).ok(), "archive");
  person_ = NewPerson(facts_.psn_no());
  now_ = MomentOf(TestNow().unix_ms - 160 * kDayMs);
  Amend();
}

v1::MessageHeader MadeHistory::NextHeader(const std::string& institution) {
  v1::MessageHeader header = Header(absl::StrCat("m", ++messages_));
  header.set_fixmedins_code(institution);
  return header;
}

void MadeHistory::Remember(const Person& next, v1::MovementKind kind) {
  const AccountAmounts before = versions.empty() ? AccountAmounts{} : versions.back().account;
  if (kind == v1::MOVEMENT_KIND_UNSPECIFIED) {
    kind = next.balance() < before[0] + before[1] ? v1::MOVEMENT_PAYMENT : v1::MOVEMENT_REFUND;
  }
  if (next.account == before) kind = v1::MOVEMENT_KIND_UNSPECIFIED;
  versions.push_back({now_.day, kind, next.account});
}

void MadeHistory::Commit(Effect effect, v1::MovementKind kind) {
  if (!effect.moves) return;
  storage::Commit commit;
  commit.psn_no = facts_.psn_no();
  commit.expected_version = person_.version;
  for (BookedVersion& earlier : effect.earlier) {
    Remember(earlier.next, v1::MOVEMENT_KIND_UNSPECIFIED);
    commit.earlier.push_back({SerializeState(earlier.next), std::move(earlier.event)});
  }
  Remember(effect.next, kind);
  commit.state = SerializeState(effect.next);
  commit.event = std::move(effect.event);
  std::vector<storage::Commit> group;
  group.push_back(std::move(commit));
  store_.CommitGroup(std::move(group), [](const std::vector<storage::CommitOutcome>& outcomes) {
    YIJIE_CHECK(outcomes[0] == storage::CommitOutcome::kDone, "a commit failed");
  });
  person_ = std::move(effect.next);
}

void MadeHistory::Bill() {
  const char* institution = random_() % 3 == 0 ? kOtherHospital : kHospital;
  const bool in_stay = random_() % 2 == 0;
  v1::SettleRequest request =
      SettleOf("", facts_.psn_no(), static_cast<int64_t>(random_() % 400'000 + 1));
  *request.mutable_header() = NextHeader(institution);
  v1::Claim* claim = request.mutable_claim();
  claim->set_med_type(in_stay ? "21" : "11");
  claim->set_mdtrt_id(absl::StrCat("V", messages_));
  claim->set_begndate(FormatDate(now_.day));
  claim->set_enddate(FormatDate(now_.day));
  const std::string body = DeterministicBytes(request);
  Effect effect = Checked(engine::Settle(*reference_, request, body, person_, now_));
  const auto response = Read<v1::SettleResponse>(effect.reply);
  if (response.settlement().outcome() == v1::SETTLED)
    settlements.push_back(ModelOf(response.settlement(), now_.day));
  Commit(std::move(effect), v1::MOVEMENT_PAYMENT);
}

void MadeHistory::Undone(const std::string& setl_id, const std::string& by,
                         v1::SettlementState state) {
  for (size_t i = 0; i < settlements.size(); ++i) {
    if (settlements[i].setl_id != setl_id) continue;
    settlements[i].state = state;
    settlements[i].undone_by = by;
    undos.push_back({now_.day, i});
  }
}

void MadeHistory::Undo() {
  if (settlements.empty()) return;
  const ModelSettlement& settled = settlements[random_() % settlements.size()];
  if (settled.state != v1::SETTLEMENT_STANDS) return;
  v1::ReverseRequest request = ReverseOf("", facts_.psn_no(), settled.setl_id);
  *request.mutable_header() = NextHeader(settled.institution);
  const auto original = Checked(
      LoadSettled(store_, facts_.psn_no(), settled.version, settled.setl_id, settled.institution));
  const auto later = Checked(LoadLater(store_, facts_.psn_no(), settled.version, person_.version));
  Effect effect = Checked(engine::Reverse(request.header(), DeterministicBytes(request), original,
                                          later, person_, now_));
  const auto response = Read<v1::ReverseResponse>(effect.reply);
  if (response.reversal().outcome() == v1::REVERSED)
    Undone(settled.setl_id, response.reversal().setl_id(), v1::SETTLEMENT_REVERSED);
  Commit(std::move(effect), v1::MOVEMENT_REFUND);
}

void MadeHistory::Credit() {
  v1::CreditAccountRequest request =
      CreditOf("", facts_.psn_no(), static_cast<int64_t>(random_() % 200'000 + 1));
  *request.mutable_header() = NextHeader(kHospital);
  if (random_() % 2 == 0) request.set_sub_account(v1::PAST_YEARS);
  Commit(Checked(engine::Credit(request, DeterministicBytes(request), person_, now_)),
         v1::MOVEMENT_CREDIT);
}

void MadeHistory::Amend() {
  v1::AmendPersonRequest request;
  *request.mutable_header() = NextHeader(kHospital);
  facts_.clear_assistance();
  if (random_() % 2 == 0) {
    v1::AssistanceSpan* span = facts_.add_assistance();
    span->set_class_(v1::DIBAO);
    span->set_begndate(FormatDate(Date(now_.day.days() - static_cast<int32_t>(random_() % 60))));
  }
  *request.mutable_facts() = facts_;
  const auto job =
      Checked(MakeJob(Call::kAmendPerson, std::make_unique<v1::AmendPersonRequest>(request), now_));
  Effect effect =
      Checked(SpecOf(Call::kAmendPerson).transact(*job, WorkContext{*reference_, store_}, person_));
  const auto response = Read<v1::AmendPersonResponse>(effect.reply);
  for (const v1::Correction& each : response.correction())
    Undone(each.orig_setl_id(), each.reversal_setl_id(), v1::SETTLEMENT_CORRECTED);
  Commit(std::move(effect), v1::MOVEMENT_KIND_UNSPECIFIED);
  for (const v1::Correction& each : response.correction()) {
    if (each.setl_id().empty()) continue;
    const auto version = VersionOfSettlementId(each.setl_id(), facts_.psn_no());
    const auto original =
        std::find_if(settlements.begin(), settlements.end(),
                     [&](const ModelSettlement& s) { return s.setl_id == each.orig_setl_id(); });
    ModelSettlement model = *original;
    model.version = *version;
    model.setl_id = each.setl_id();
    model.day = now_.day;
    model.amounts = each.after();
    model.funds = {{"310100", each.after().fund_pay_sumamt_fen()}};
    model.state = v1::SETTLEMENT_STANDS;
    model.undone_by.clear();
    model.corrects = each.orig_setl_id();
    settlements.push_back(model);
  }
}

void MadeHistory::Post(v1::MovementKind kind, const AccountAmounts& into,
                       store::v1::LedgerAccount other) {
  Booking booking(person_, NextHeader(kHospital), "request", now_);
  for (size_t i = 0; i < into.size(); ++i)
    booking.TakeFrom(static_cast<rules::SubAccount>(i), -into[i]);
  booking.Post(other, "X", -booking.Sum());
  Commit(std::move(booking).Finish("", 0), kind);
}

void MadeHistory::Step() {
  switch (random_() % 12) {
    case 0:
      return Credit();
    case 1:
      return Undo();
    case 2:
      return random_() % 4 == 0 ? Amend() : Credit();
    case 3: {
      const Fen interest(static_cast<int64_t>(random_() % 500 + 1));
      return Post(v1::MOVEMENT_INTEREST, {interest, interest}, store::v1::INTEREST_EXPENSE);
    }
    case 4: {
      const Fen current = person_.account[0];
      return Post(v1::MOVEMENT_CARRY_OVER, {-current, current}, store::v1::INTEREST_EXPENSE);
    }
    case 5:
      return Post(v1::MOVEMENT_TRANSFER, {Fen(0), Fen(static_cast<int64_t>(random_() % 9'000))},
                  store::v1::TRANSFER);
    case 6:
    case 7:
      now_ = MomentOf(now_.unix_ms + static_cast<int64_t>(random_() % 80) * kDayMs / 2);
      return;
    default:
      return Bill();
  }
}

}  // namespace yijie::engine
