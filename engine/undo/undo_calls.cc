#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/cross/attempt.h"
#include "engine/payout/dues.h"
#include "engine/queries.h"
#include "engine/settlement_id.h"
#include "engine/transactions.h"
#include "engine/undo/refund.h"
#include "engine/undo/undo_limits.h"
#include "engine/validate.h"
#include "yijie/v1/agency.pb.h"
#include "yijie/v1/service.pb.h"

// The calls that undo settlements, wholly or in part: checks of their requests, and what answers
// them.

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int kMaxRefundLines = 5'000;
constexpr int64_t kMaxCnt1e4 = 10'000'000'000;

// --- Requests

// Sets the person too.
absl::Status CheckPersonAndSettlement(const std::string& psn_no, const std::string& setl_id,
                                      Job* job) {
  job->lane_key = psn_no;
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", psn_no));
  YIJIE_RETURN_IF_ERROR(CheckSettlementId("setl_id", setl_id));
  job->insuplc_admdvs = AreaOfSettlementId(setl_id);
  return absl::OkStatus();
}

absl::Status Prepare(const v1::ReverseRequest& request, Job* job) {
  return CheckPersonAndSettlement(request.psn_no(), request.setl_id(), job);
}

absl::Status Prepare(const v1::ReverseByMessageRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  job->insuplc_admdvs = request.insuplc_admdvs();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  YIJIE_RETURN_IF_ERROR(CheckMessageId("omsgid", request.omsgid()));
  YIJIE_RETURN_IF_ERROR(CheckInsuredArea("insuplc_admdvs", request.insuplc_admdvs()));
  const bool of_stay = request.transaction() == v1::SETTLE_STAY;
  if (!of_stay && request.transaction() != v1::SETTLE &&
      request.transaction() != v1::TRANSACTION_UNSPECIFIED) {
    return BadField("transaction", "only a Settle or SettleStay message can be undone");
  }
  job->has_other_key = true;
  job->other_key = {request.header().fixmedins_code(),
                    static_cast<uint8_t>(of_stay ? v1::SETTLE_STAY : v1::SETTLE), request.omsgid()};
  return absl::OkStatus();
}

absl::Status Prepare(const v1::UndoSettlementRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPersonAndSettlement(request.psn_no(), request.setl_id(), job));
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  return CheckReason("reason", request.reason());
}

absl::Status Prepare(const v1::RefundRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPersonAndSettlement(request.psn_no(), request.setl_id(), job));
  if (request.line().empty()) return BadField("line", "nothing is given back");
  if (request.line_size() > kMaxRefundLines)
    return BadField("line", absl::StrCat(request.line_size(), " lines; at most ", kMaxRefundLines));
  absl::flat_hash_set<int32_t> numbers;
  for (int i = 0; i < request.line_size(); ++i) {
    const v1::RefundLine& line = request.line(i);
    const auto field = [i](absl::string_view name) { return absl::StrCat("line[", i, "].", name); };
    if (line.line() < 1) return BadField(field("line"), "lines are counted from 1");
    if (!numbers.insert(line.line()).second) return BadField(field("line"), "there twice");
    if (line.cnt_1e4() < 1 || line.cnt_1e4() > kMaxCnt1e4)
      return BadField(field("cnt_1e4"),
                      absl::StrCat(line.cnt_1e4(), " is outside 1 to ", kMaxCnt1e4));
  }
  return absl::OkStatus();
}

// --- Whole settlements

// Which settlement is to be undone, and who asks.
struct UndoQuestion {
  const v1::MessageHeader& header;
  const std::string& institution;  // that settled
  UndoBy by;
  std::string setl_id;  // empty if it was asked for by message
  absl::string_view agency_reason = "";
};

absl::Status CheckInstitutionIsKnown(absl::string_view path, const std::string& institution,
                                     const WorkContext& context) {
  if (context.reference.FindInstitution(institution) != nullptr) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(path, ": no such institution"));
}

// What is put into the trail about a settlement that is not the institution's: more than the caller
// is told.
absl::StatusOr<RefusedRight> NotTheirs(absl::string_view outcome, absl::string_view setl_id,
                                       const WorkContext& context, const std::string& psn_no) {
  YIJIE_ASSIGN_OR_RETURN(const std::string owner,
                         InstitutionOfSettlement(context.store, psn_no, setl_id));
  return RefusedRight{psn_no, std::string(setl_id), std::string(outcome),
                      owner.empty() ? "没有该结算" : absl::StrCat("该结算属于机构", owner)};
}

constexpr absl::string_view kNoSuchSettlement = "本机构没有该人员的这一结算";

absl::StatusOr<Effect> RefuseUnknown(const UndoQuestion& question, const WorkContext& context,
                                     const Person& person, const Moment& now) {
  v1::ReverseResponse response;
  v1::Reversal& reversal = *response.mutable_reversal();
  reversal.set_outcome(v1::NO_SUCH_SETTLEMENT);
  reversal.set_reason(std::string(kNoSuchSettlement));
  reversal.set_orig_setl_id(question.setl_id);
  reversal.set_setl_time(now.rfc3339);
  Effect effect = Answer(response.SerializeAsString(), v1::NO_SUCH_SETTLEMENT);
  YIJIE_ASSIGN_OR_RETURN(effect.refused, NotTheirs("NO_SUCH_SETTLEMENT", question.setl_id, context,
                                                   person.facts->psn_no()));
  return effect;
}

// All undo calls answer with a Reversal in field 1, so the bytes serve all.
absl::StatusOr<Effect> UndoVersion(const UndoQuestion& question, int64_t version, const Job& job,
                                   const WorkContext& context, const Person& person) {
  const std::string& psn_no = person.facts->psn_no();
  absl::StatusOr<SettledRecord> original =
      LoadSettled(context.store, psn_no, version, question.setl_id, question.institution);
  if (absl::IsNotFound(original.status())) return RefuseUnknown(question, context, person, job.now);
  YIJIE_RETURN_IF_ERROR(original.status());
  if (original->event.settled().cross().at_insured_place()) {
    return RefuseReversal(v1::ONLY_BY_PLACE_OF_CARE, "该结算为异地结算，须由就医地撤销", "",
                          *original, person, job.now);
  }
  if (!original->event.settled().bill_institution().empty()) {
    return RefuseReversal(v1::FILED_WITH_AGENCY, "该结算为向经办机构申报，须由经办机构撤回", "",
                          *original, person, job.now);
  }
  original = NewestOfClaim(context.store, psn_no, *std::move(original), person);
  YIJIE_RETURN_IF_ERROR(original.status());
  if (person.ReversedBy(original->version) == 0) {
    YIJIE_ASSIGN_OR_RETURN(const SettledRecord first,
                           FirstOfClaim(context.store, psn_no, *original));
    YIJIE_ASSIGN_OR_RETURN(const UndoLimit limit,
                           CheckUndoLimit(context, first, question.by, job.now));
    if (limit.outcome != v1::REVERSED) {
      Effect effect = RefuseReversal(limit.outcome, limit.reason, "", *original, person, job.now);
      effect.refused = RefusedRight{psn_no, original->event.settled().setl_id(),
                                    v1::ReverseOutcome_Name(limit.outcome), limit.reason};
      return effect;
    }
  }
  if (original->event.settled().has_cross() && person.ReversedBy(version) == 0) {
    return UndoAcross(context.reference, question.header, SpecOf(job.call).transaction, job.body,
                      *original, person, job.now, question.agency_reason, job.cross.get());
  }
  const bool corrects = original->event.settled().corrects_version() != 0;
  YIJIE_ASSIGN_OR_RETURN(
      const auto later,
      LoadLater(context.store, psn_no, corrects ? 0 : original->version, person.version));
  return SettleUp(context.reference, question.header, DuesOfUndo(original->event), job.now,
                  Reverse(question.header, job.body, *original, later, person, job.now,
                          question.agency_reason));
}

absl::StatusOr<Effect> UndoById(const UndoQuestion& question, const Job& job,
                                const WorkContext& context, const Person& person) {
  const std::optional<int64_t> version =
      VersionOfSettlementId(question.setl_id, person.facts->psn_no());
  if (!version) return RefuseUnknown(question, context, person, job.now);
  return UndoVersion(question, *version, job, context, person);
}

absl::StatusOr<Effect> WorkReverse(const Job& job, const WorkContext& context,
                                   const Person& person) {
  const auto& request = RequestOf<v1::ReverseRequest>(job);
  const std::string& institution = request.header().fixmedins_code();
  YIJIE_RETURN_IF_ERROR(CheckInstitutionIsKnown("header.fixmedins_code", institution, context));
  return UndoById({request.header(), institution, UndoBy::kInstitution, request.setl_id()}, job,
                  context, person);
}

absl::StatusOr<Effect> WorkUndoSettlement(const Job& job, const WorkContext& context,
                                          const Person& person) {
  const auto& request = RequestOf<v1::UndoSettlementRequest>(job);
  return UndoById({request.header(), request.fixmedins_code(), UndoBy::kAgency, request.setl_id(),
                   request.reason()},
                  job, context, person);
}

Effect NothingToReverse(absl::string_view reason, const Moment& now) {
  v1::ReverseByMessageResponse response;
  response.mutable_reversal()->set_outcome(v1::NOTHING_TO_REVERSE);
  response.mutable_reversal()->set_reason(std::string(reason));
  response.mutable_reversal()->set_setl_time(now.rfc3339);
  return Answer(response.SerializeAsString(), v1::NOTHING_TO_REVERSE);
}

// The ids to close if the original never came. A request that does not say which call that was
// means a Settle; it must say so where a SettleStay has the id, and closes both ids where none has.
absl::StatusOr<std::vector<storage::MessageKey>> KeysToClose(const Job& job,
                                                             storage::StoreReader& store) {
  std::vector<storage::MessageKey> keys = {job.other_key};
  const bool says =
      RequestOf<v1::ReverseByMessageRequest>(job).transaction() != v1::TRANSACTION_UNSPECIFIED;
  if (says) return keys;
  storage::MessageKey of_stay = job.other_key;
  of_stay.transaction = static_cast<uint8_t>(v1::SETTLE_STAY);
  YIJIE_ASSIGN_OR_RETURN(const std::optional<StoredAnswer> stay, FindAnswer(store, of_stay));
  if (!stay) {
    keys.push_back(std::move(of_stay));
  } else if (!stay->closed) {
    return BadField("transaction", "must be set: a SettleStay has this message id");
  }
  return keys;
}

absl::StatusOr<Effect> WorkReverseByMessage(const Job& job, const WorkContext& context,
                                            const Person& person) {
  const auto& request = RequestOf<v1::ReverseByMessageRequest>(job);
  const std::string& institution = request.header().fixmedins_code();
  YIJIE_RETURN_IF_ERROR(CheckInstitutionIsKnown("header.fixmedins_code", institution, context));
  YIJIE_ASSIGN_OR_RETURN(std::vector<storage::MessageKey> keys, KeysToClose(job, context.store));
  YIJIE_ASSIGN_OR_RETURN(const auto original, FindAnswer(context.store, job.other_key));
  if (!original) {
    Effect effect = NothingToReverse("原报文未到达，已作废", job.now);
    effect.closes = std::move(keys);
    return effect;
  }
  if (original->psn_no.empty() || !original->settled)
    return NothingToReverse("原报文未产生结算", job.now);
  if (original->psn_no != job.lane_key)
    return absl::InvalidArgumentError("psn_no: the original message is of another person");
  return UndoVersion({request.header(), institution, UndoBy::kInstitutionByMessage, ""},
                     original->version, job, context, person);
}

// --- Some lines

v1::RefundOutcome RefundOutcomeOf(v1::ReverseOutcome limit) {
  return limit == v1::CLEARING_PERIOD_CLOSED ? v1::REFUND_PERIOD_CLOSED : v1::REFUND_ONLY_BY_AGENCY;
}

// The person as it was at the counter, before the claim came in.
absl::StatusOr<Person> PersonBefore(const WorkContext& context, const std::string& psn_no,
                                    const SettledRecord& first) {
  YIJIE_ASSIGN_OR_RETURN(const auto before, context.store.LoadVersion(psn_no, first.version - 1));
  if (!before) return absl::DataLossError("the version before a settlement is not there");
  return ParsePerson(*before);
}

absl::StatusOr<Effect> RefundLines(const SettledRecord& original, const Job& job,
                                   const WorkContext& context, const Person& person) {
  const auto& request = RequestOf<v1::RefundRequest>(job);
  const std::string& psn_no = request.psn_no();
  const bool corrects = original.event.settled().corrects_version() != 0;
  YIJIE_ASSIGN_OR_RETURN(
      const auto later,
      LoadLater(context.store, psn_no, corrects ? 0 : original.version, person.version));
  if (const int64_t by = person.ReversedBy(original.version); by != 0) {
    YIJIE_ASSIGN_OR_RETURN(const std::string remainder, RemainderAfter(by, later));
    return RefuseRefund(
        v1::REFUND_NOT_STANDING,
        remainder.empty() ? "该结算此前已撤销" : "该结算此前已部分退费，请对余下费用的结算办理",
        request.setl_id(), remainder);
  }
  YIJIE_ASSIGN_OR_RETURN(const SettledRecord first, FirstOfClaim(context.store, psn_no, original));
  YIJIE_ASSIGN_OR_RETURN(const UndoLimit limit,
                         CheckUndoLimit(context, first, UndoBy::kInstitution, job.now));
  if (limit.outcome != v1::REVERSED) {
    const v1::RefundOutcome outcome = RefundOutcomeOf(limit.outcome);
    Effect effect = RefuseRefund(outcome, limit.reason, request.setl_id(), "");
    effect.refused =
        RefusedRight{psn_no, request.setl_id(), v1::RefundOutcome_Name(outcome), limit.reason};
    return effect;
  }
  YIJIE_ASSIGN_OR_RETURN(const Person before, PersonBefore(context, psn_no, first));
  return Refund(context.reference, request, job.body, {original, first, before, later}, person,
                job.now);
}

absl::StatusOr<Effect> WorkRefund(const Job& job, const WorkContext& context,
                                  const Person& person) {
  const auto& request = RequestOf<v1::RefundRequest>(job);
  const std::string& institution = request.header().fixmedins_code();
  YIJIE_RETURN_IF_ERROR(CheckInstitutionIsKnown("header.fixmedins_code", institution, context));
  if (IsVisitor(job.lane_key))
    return RefuseRefund(v1::REFUND_NOT_ALLOWED, "异地结算只能整单撤销", request.setl_id(), "");
  const std::optional<int64_t> version = VersionOfSettlementId(request.setl_id(), request.psn_no());
  const absl::StatusOr<SettledRecord> original =
      version
          ? LoadSettled(context.store, request.psn_no(), *version, request.setl_id(), institution)
          : absl::NotFoundError("setl_id: no such settlement of this person");
  if (!absl::IsNotFound(original.status())) {
    YIJIE_RETURN_IF_ERROR(original.status());
    return RefundLines(*original, job, context, person);
  }
  Effect effect =
      RefuseRefund(v1::REFUND_NO_SUCH_SETTLEMENT, kNoSuchSettlement, request.setl_id(), "");
  YIJIE_ASSIGN_OR_RETURN(effect.refused, NotTheirs("REFUND_NO_SUCH_SETTLEMENT", request.setl_id(),
                                                   context, request.psn_no()));
  return effect;
}

}  // namespace

std::vector<CallSpec> UndoCalls() {
  std::vector<CallSpec> calls = {
      Changing<v1::ReverseRequest, Prepare>(Call::kReverse, "yijie.v1.SettlementService.Reverse",
                                            "psn_no", v1::REVERSE, v1::ReverseOutcome_descriptor(),
                                            WorkReverse),
      Changing<v1::ReverseByMessageRequest, Prepare>(
          Call::kReverseByMessage, "yijie.v1.SettlementService.ReverseByMessage", "psn_no",
          v1::REVERSE_BY_MESSAGE, v1::ReverseOutcome_descriptor(), WorkReverseByMessage),
      Changing<v1::RefundRequest, Prepare>(Call::kRefund, "yijie.v1.SettlementService.Refund",
                                           "psn_no", v1::REFUND, v1::RefundOutcome_descriptor(),
                                           WorkRefund),
      Changing<v1::UndoSettlementRequest, Prepare>(
          Call::kUndoSettlement, "yijie.v1.AgencyService.UndoSettlement", "psn_no",
          v1::UNDO_SETTLEMENT, v1::ReverseOutcome_descriptor(), WorkUndoSettlement),
  };
  for (CallSpec& spec : calls) {
    spec.reads_history = true;
    spec.counts_on_totals = true;
  }
  return calls;
}

}  // namespace yijie::engine
