#include "engine/correction/amendment.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/correction/corrections.h"
#include "engine/settlement_id.h"

namespace yijie::engine {
namespace {

// Relatives' accounts cannot take part in the one commit that a correction is.
absl::Status CheckNoFamilyMoney(const std::vector<Corrected>& corrected) {
  const Corrected* paid = FirstPaidByRelatives(corrected);
  if (paid == nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("facts: settlement ", paid->before.setl_id(),
                   " comes out differently and was paid in part by a relative's account; undo it "
                   "first, and settle it again afterwards"));
}

// Neither can a place of care.
absl::Status CheckNotSettledAcross(const std::vector<Corrected>& corrected) {
  const Corrected* away = FirstSettledAcross(corrected);
  if (away == nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "facts: settlement ", away->before.setl_id(),
      " comes out differently and was made at another place of care, ",
      away->claim->record.event.settled().cross().setl_id(), " there; undo it there first"));
}

absl::Status CheckRoom(const std::vector<Corrected>& corrected, const Person& person) {
  if (corrected.size() > kMaxCorrections) {
    return absl::ResourceExhaustedError(absl::StrCat("facts: ", corrected.size(),
                                                     " settlements come out differently; at most ",
                                                     kMaxCorrections, " can be corrected"));
  }
  const auto needed = static_cast<int64_t>(2 + 2 * corrected.size());
  if (person.version <= kMaxVersion - needed) return absl::OkStatus();
  return absl::ResourceExhaustedError("facts.psn_no: the person has too many records");
}

v1::AmendPersonResponse ResponseOf(std::vector<Corrected> corrected, const Person& person) {
  v1::AmendPersonResponse response;
  response.set_psn_no(person.facts->psn_no());
  response.set_version(person.version);
  response.set_balc_fen(person.balance().value());
  Fen owed;
  for (Corrected& each : corrected) {
    owed += Fen(each.told.owed_to_person_fen());
    *response.add_correction() = std::move(each.told);
  }
  response.set_owed_to_person_fen(owed.value());
  return response;
}

}  // namespace

absl::StatusOr<Effect> BookAmendment(const Reference& reference,
                                     const v1::AmendPersonRequest& request,
                                     const std::string& request_bytes,
                                     const std::vector<ReplayedClaim>& replayed,
                                     const Person& person, const Moment& now) {
  YIJIE_ASSIGN_OR_RETURN(std::vector<Corrected> corrected, FindCorrections(replayed, 0));
  YIJIE_RETURN_IF_ERROR(CheckNoFamilyMoney(corrected));
  YIJIE_RETURN_IF_ERROR(CheckNotSettledAcross(corrected));
  YIJIE_RETURN_IF_ERROR(CheckRoom(corrected, person));
  Booking facts(person, request.header(), request_bytes, now);
  facts.next().facts = std::make_shared<const v1::PersonFacts>(request.facts());
  facts.event().mutable_facts_amended()->set_corrected(static_cast<int32_t>(corrected.size()));

  CorrectionChain chain(reference, facts.next(), now);
  for (auto each = corrected.rbegin(); each != corrected.rend(); ++each)
    YIJIE_RETURN_IF_ERROR(chain.TakeBack(*each));
  for (Corrected& each : corrected) {
    if (each.claim->settles()) chain.SettleAgain(each);
  }

  YIJIE_RETURN_IF_ERROR(chain.SettleUpAll(corrected, {}, request.header()));

  Effect effect;
  effect.rows = std::move(chain.rows());
  effect.answered_by = facts.next().version;
  effect.reply = ResponseOf(std::move(corrected), chain.person()).SerializeAsString();
  std::vector<BookedVersion> versions = std::move(chain.versions());
  versions.insert(versions.begin(), std::move(facts).Finish(effect.reply));
  SetVersions(std::move(versions), &effect);
  return effect;
}

}  // namespace yijie::engine
