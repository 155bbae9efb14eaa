#include "engine/replay/track.h"

#include <algorithm>
#include <utility>

#include "engine/account/year_turn.h"
#include "rules/evaluate.h"

namespace yijie::engine {

namespace v1 = yijie::v1;

void Track::Begin() {
  person_.version = 0;
  person_.facts = std::make_shared<v1::PersonFacts>();
  person_.account = {};
  person_.accumulators.clear();
  person_.rest = Person().rest;
  change_count_ = 0;
}

void Track::SetFacts(std::shared_ptr<const v1::PersonFacts> facts) {
  person_.facts = std::move(facts);
}

void Track::Credit(rules::SubAccount sub_account, Fen amount) {
  Fen& balance = person_.account[static_cast<size_t>(sub_account)];
  balance = std::max(balance + amount, Fen(0));
}

void Track::SetAccount(const store::v1::PersonAccount& account) {
  auto rest = std::make_shared<store::v1::PersonState>(*person_.rest);
  *rest->mutable_account() = account;
  person_.rest = std::move(rest);
}

void Track::SetRegistrations(const store::v1::PersonRegistrations& registrations) {
  auto rest = std::make_shared<store::v1::PersonState>(*person_.rest);
  *rest->mutable_registrations() = registrations;
  person_.rest = std::move(rest);
}

void Track::TurnYear() {
  person_.account = CarriedOver(person_.account);
  // What is undone later goes back to where its money is then.
  for (size_t i = 0; i < change_count_; ++i)
    changes_[i].account_paid = CarriedOver(changes_[i].account_paid);
}

ClaimResult Track::Settle(int64_t version, absl::string_view fixmedins_code, const v1::Claim& claim,
                          Date received, Fen family_offered) {
  const Fen medfee_sumamt(claim.medfee_sumamt_fen());
  const v1::Institution* const institution = reference_.FindInstitution(fixmedins_code);
  if (institution == nullptr) return RefusedResult(v1::INSTITUTION_NOT_IN_FORCE, medfee_sumamt);
  MakeClaimInput(reference_, *institution, person_, claim, received, &input_);
  if (input_.refusal != v1::SETTLED) return RefusedResult(input_.refusal, medfee_sumamt);
  input_.input.family_offered = family_offered;
  rules::Evaluate(*input_.program, input_.input, decision_);
  if (decision_.verdict == rules::Verdict::kSettled) {
    if (change_count_ == changes_.size()) changes_.emplace_back();
    Change& change = changes_[change_count_++];
    change.version = version;
    change.account_paid = decision_.account_paid;
    change.deltas = decision_.deltas;
    for (size_t i = 0; i < rules::kSubAccounts; ++i) {
      person_.account[i] -= decision_.account_paid[i];
    }
    person_.Add(decision_.deltas);
  }
  return DecidedResult(*input_.program, decision_, medfee_sumamt);
}

void Track::Reverse(int64_t version) {
  const auto end = changes_.begin() + static_cast<std::ptrdiff_t>(change_count_);
  const auto change =
      std::find_if(changes_.begin(), end, [&](const Change& c) { return c.version == version; });
  if (change == end) return;
  for (size_t i = 0; i < rules::kSubAccounts; ++i) person_.account[i] += change->account_paid[i];
  for (rules::AccumulatorEntry& delta : change->deltas) delta.value = -delta.value;
  person_.Add(change->deltas);
  change->version = 0;  // versions count from 1
}

}  // namespace yijie::engine
