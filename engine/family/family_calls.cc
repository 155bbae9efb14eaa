#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/family/family_givers.h"
#include "engine/family/family_state.h"
#include "engine/family/family_transactions.h"
#include "engine/validate.h"

// The calls of FamilyService, and the steps by which the engine makes payments over two persons:
// checks of their requests, and what answers them.

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::FamilyHold;

constexpr int64_t kMaxLimitFen = 100'000'000'000;
constexpr int kMaxRank = 99;
constexpr size_t kMaxConsent = 50;

absl::Status CheckLimit(absl::string_view path, int64_t fen) {
  if (fen >= 0 && fen <= kMaxLimitFen) return absl::OkStatus();
  return BadField(path, absl::StrCat(fen, " is outside 0 to ", kMaxLimitFen));
}

absl::Status CheckConsent(const std::string& consent_no) {
  const bool printable = std::all_of(consent_no.begin(), consent_no.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
  if (!consent_no.empty() && consent_no.size() <= kMaxConsent && printable) return absl::OkStatus();
  return BadField("bond.consent_no",
                  absl::StrCat("needs 1 to ", kMaxConsent, " printable ASCII characters"));
}

absl::Status CheckBond(const v1::FamilyBond& bond) {
  if (bond.relation() == v1::RELATION_UNSPECIFIED || !v1::Relation_IsValid(bond.relation()))
    return BadField("bond.relation",
                    absl::StrCat("unknown value ", static_cast<int>(bond.relation())));
  YIJIE_RETURN_IF_ERROR(CheckConsent(bond.consent_no()));
  YIJIE_RETURN_IF_ERROR(CheckIsoDay("bond.begndate", bond.begndate()));
  if (!bond.enddate().empty()) {
    YIJIE_RETURN_IF_ERROR(CheckIsoDay("bond.enddate", bond.enddate()));
    if (bond.enddate() < bond.begndate()) return BadField("bond.enddate", "before begndate");
  }
  YIJIE_RETURN_IF_ERROR(CheckLimit("bond.settlement_limit_fen", bond.settlement_limit_fen()));
  YIJIE_RETURN_IF_ERROR(CheckLimit("bond.yearly_limit_fen", bond.yearly_limit_fen()));
  if (bond.rank() < 1 || bond.rank() > kMaxRank)
    return BadField("bond.rank", absl::StrCat(bond.rank(), " is outside 1 to ", kMaxRank));
  return absl::OkStatus();
}

// To end a bond only the relative is named.
absl::Status CheckEnd(const v1::FamilyBond& bond) {
  const std::pair<absl::string_view, bool> fields[] = {
      {"relation", bond.relation() != v1::RELATION_UNSPECIFIED},
      {"consent_no", !bond.consent_no().empty()},
      {"begndate", !bond.begndate().empty()},
      {"enddate", !bond.enddate().empty()},
      {"settlement_limit_fen", bond.settlement_limit_fen() != 0},
      {"yearly_limit_fen", bond.yearly_limit_fen() != 0},
      {"rank", bond.rank() != 0}};
  for (const auto& [name, given] : fields) {
    if (given) return BadField(absl::StrCat("bond.", name), "is not for END_BOND");
  }
  return absl::OkStatus();
}

absl::Status Prepare(const v1::ChangeFamilyBondRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  if (request.change() == v1::FAMILY_BOND_CHANGE_UNSPECIFIED ||
      !v1::FamilyBondChange_IsValid(request.change())) {
    return BadField("change", absl::StrCat("unknown value ", static_cast<int>(request.change())));
  }
  const v1::FamilyBond& bond = request.bond();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("bond.relative_psn_no", bond.relative_psn_no()));
  if (bond.relative_psn_no() == request.psn_no())
    return BadField("bond.relative_psn_no", "is the giver");
  return request.change() == v1::END_BOND ? CheckEnd(bond) : CheckBond(bond);
}

absl::Status Prepare(const v1::GetFamilyRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  return CheckPersonNo("psn_no", request.psn_no());
}

absl::StatusOr<Effect> WorkChangeFamilyBond(const Job& job, const WorkContext& context,
                                            const Person& person) {
  const auto& request = RequestOf<v1::ChangeFamilyBondRequest>(job);
  if (request.change() == v1::END_BOND)
    return ChangeFamilyBond(context.reference, request, job.body, nullptr, person, job.now);
  YIJIE_ASSIGN_OR_RETURN(const auto newest,
                         context.store.LoadLatest(request.bond().relative_psn_no()));
  if (!newest) return absl::NotFoundError("bond.relative_psn_no: no such person");
  YIJIE_ASSIGN_OR_RETURN(const Person relative, ParsePerson(*newest));
  return ChangeFamilyBond(context.reference, request, job.body, &relative, person, job.now);
}

absl::StatusOr<std::string> WorkGetFamily(const Job& job, const WorkContext& context,
                                          const Person& person) {
  YIJIE_ASSIGN_OR_RETURN(const auto rows, GiverRows(context.store, job.lane_key));
  YIJIE_ASSIGN_OR_RETURN(const auto response, GetFamily(context.reference, rows, person, job.now));
  return response.SerializeAsString();
}

// --- Steps

absl::StatusOr<Effect> WorkHoldFamily(const Job& job, const WorkContext& context,
                                      const Person& person) {
  return HoldForRelative(context.reference, RequestOf<store::v1::HoldFamilyStep>(job), person,
                         job.now);
}

// What the settlement that `hold` was for used of it; the caller holds the key of its message, so
// what is not durable now never used it.
absl::StatusOr<Fen> UsedBySettlement(storage::StoreReader& store, const FamilyHold& hold,
                                     const std::string& giver, const storage::MessageKey& key) {
  YIJIE_ASSIGN_OR_RETURN(const auto entry, store.FindMessage(key));
  if (!entry || entry->psn_no.empty()) return Fen();
  YIJIE_ASSIGN_OR_RETURN(const auto version, store.LoadVersion(entry->psn_no, entry->version));
  if (!version) return absl::DataLossError("a message leads to a version that does not exist");
  YIJIE_ASSIGN_OR_RETURN(const store::v1::PersonEvent event, ParseEvent(*version));
  Fen used;
  for (const store::v1::FamilyPart& part : event.settled().family()) {
    if (part.giver_psn_no() == giver && part.hold_version() == hold.version())
      used += Fen(part.paid_fen());
  }
  return used;
}

absl::StatusOr<Effect> WorkCloseHold(const Job& job, const WorkContext& context,
                                     const Person& person) {
  const auto& step = RequestOf<store::v1::CloseHoldStep>(job);
  YIJIE_ASSIGN_OR_RETURN(
      const Fen used, UsedBySettlement(context.store, step.hold(), step.psn_no(), job.other_key));
  return CloseHold(step.hold(), used, person, job.now);
}

absl::StatusOr<Effect> WorkRefundFamily(const Job& job, const WorkContext& context,
                                        const Person& person) {
  const auto& step = RequestOf<store::v1::RefundFamilyStep>(job);
  YIJIE_ASSIGN_OR_RETURN(const auto version, context.store.LoadVersion(
                                                 step.psn_no(), step.owed().part().hold_version()));
  if (!version) return absl::DataLossError("a giver is owed by a hold that does not exist");
  YIJIE_ASSIGN_OR_RETURN(const store::v1::PersonEvent event, ParseEvent(*version));
  return RefundGiver(step, job.body, job.key.msgid, event.family().held(), person, job.now);
}

absl::StatusOr<Effect> WorkEndRefund(const Job& job, const WorkContext& /*context*/,
                                     const Person& person) {
  return EndRefund(RequestOf<store::v1::EndRefundStep>(job).part(), person, job.now);
}

}  // namespace

std::vector<CallSpec> FamilyCalls() {
  return {
      Changing<v1::ChangeFamilyBondRequest, Prepare>(
          Call::kChangeFamilyBond, "yijie.v1.FamilyService.ChangeFamilyBond", "psn_no",
          v1::CHANGE_FAMILY_BOND, v1::FamilyBondOutcome_descriptor(), WorkChangeFamilyBond),
      Reading<v1::GetFamilyRequest, Prepare>(Call::kGetFamily, "yijie.v1.FamilyService.GetFamily",
                                             "psn_no", WorkGetFamily),
      StepOf<store::v1::HoldFamilyStep>(Call::kHoldFamily, "engine.HoldFamily", WorkHoldFamily),
      StepOf<store::v1::CloseHoldStep>(Call::kCloseHold, "engine.CloseHold", WorkCloseHold),
      StepOf<store::v1::RefundFamilyStep>(Call::kRefundFamily, "engine.RefundFamily",
                                          WorkRefundFamily),
      StepOf<store::v1::EndRefundStep>(Call::kEndRefund, "engine.EndRefund", WorkEndRefund),
  };
}

}  // namespace yijie::engine
