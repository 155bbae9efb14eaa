// Stays from admission to settlement and back, through the engine.

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/stay/stay_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// A stay of two batches over 150,000 fen, discharged on the 10th.
void Fill(StayWorld& world) {
  ASSERT_EQ(world.Admit("V1", 1).outcome(), v1::STAY_DONE);
  ASSERT_EQ(world.Upload("V1", "B1", {Line("1", 1, 60'000), Line("2", 2, 30'000, "B")}).outcome(),
            v1::STAY_DONE);
  ASSERT_EQ(world.Upload("V1", "B2", {Line("3", 9, 60'000, "C")}).outcome(), v1::STAY_DONE);
}

TEST(Stay, GrowsIsSettledInPartsUndoneAndSettledAgain) {
  StayWorld world;
  Fill(world);
  ASSERT_EQ(world.Upload("V1", "B3", {Line("4", 4, 5'000)}).outcome(), v1::STAY_DONE);
  const auto cancelled = world.CancelFees("V1", "B3");
  EXPECT_EQ(cancelled.outcome(), v1::STAY_DONE);
  EXPECT_EQ(cancelled.stay().open_sum_fen(), 150'000);
  EXPECT_EQ(cancelled.stay().open_batches(), 2);
  const int64_t balance = world.Balance();

  const v1::Settlement part = world.Settle("V1", 90'000, 5);
  EXPECT_EQ(part.outcome(), v1::SETTLED) << part.reason();
  EXPECT_EQ(part.amounts().medfee_sumamt_fen(), 90'000);
  EXPECT_EQ(world.Get("V1").stay().settled_sum_fen(), 90'000);
  EXPECT_EQ(world.CancelFees("V1", "B1").outcome(), v1::BATCH_SETTLED);
  EXPECT_EQ(world.CancelAdmission("V1").outcome(), v1::STAY_HAS_FEES);
  EXPECT_EQ(world.Change("V1", 1).outcome(), v1::BATCH_SETTLED);
  EXPECT_EQ(world.Settle("V1", 60'000).outcome(), v1::CLAIM_INCOMPLETE);  // not discharged

  EXPECT_EQ(world.Discharge("V1", 8).outcome(), v1::DISCHARGE_BEFORE_FEES);
  EXPECT_EQ(world.Discharge("V1", 10).outcome(), v1::STAY_DONE);
  EXPECT_EQ(world.Upload("V1", "B4", {Line("5", 9, 1)}).outcome(), v1::STAY_NOT_OPEN);
  const v1::Settlement rest = world.Settle("V1", 60'000);
  EXPECT_EQ(rest.outcome(), v1::SETTLED) << rest.reason();
  EXPECT_TRUE(world.Get("V1").stay().settled());
  EXPECT_EQ(world.CancelDischarge("V1").outcome(), v1::STAY_NOT_OPEN);
  EXPECT_EQ(world.Settle("V1", 60'000).outcome(), v1::CLAIM_INCOMPLETE);

  const v1::Reversal too_early = world.Reverse(part.setl_id());
  EXPECT_EQ(too_early.outcome(), v1::LATER_SETTLEMENT_EXISTS);
  EXPECT_EQ(too_early.setl_id(), rest.setl_id());
  EXPECT_EQ(world.Reverse(rest.setl_id()).outcome(), v1::REVERSED);
  EXPECT_FALSE(world.Get("V1").stay().settled());
  EXPECT_EQ(world.Get("V1").stay().open_sum_fen(), 60'000);
  EXPECT_EQ(world.Reverse(part.setl_id()).outcome(), v1::REVERSED);
  EXPECT_EQ(world.Balance(), balance);
  EXPECT_EQ(world.Get("V1").stay().open_sum_fen(), 150'000);
  EXPECT_EQ(world.CancelDischarge("V1").outcome(), v1::STAY_DONE);
  EXPECT_EQ(world.CancelDischarge("V1").outcome(), v1::STAY_NOT_DISCHARGED);
  EXPECT_EQ(world.Discharge("V1", 10).outcome(), v1::STAY_DONE);
  EXPECT_EQ(world.Settle("V1", 150'000).outcome(), v1::SETTLED);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(Stay, SettlesToWhatOneClaimWithTheSameLinesDoes) {
  StayWorld stay;
  Fill(stay);
  ASSERT_EQ(stay.Discharge("V1", 10).outcome(), v1::STAY_DONE);
  const v1::Settlement of_stay = stay.Settle("V1", 150'000);

  StayWorld claim;
  v1::SettleRequest request = SettleOf("m1", kPatient, 150'000);
  request.mutable_claim()->clear_fee_line();
  request.mutable_claim()->set_mdtrt_id("V1");
  for (const auto& line :
       {Line("1", 1, 60'000), Line("2", 2, 30'000, "B"), Line("3", 9, 60'000, "C")})
    *request.mutable_claim()->add_fee_line() = line;
  const v1::Settlement of_claim =
      Parsed<v1::SettleResponse>(claim.Send(Call::kSettle, request)).settlement();
  ASSERT_EQ(of_claim.outcome(), v1::SETTLED);
  EXPECT_EQ(of_stay.amounts().SerializeAsString(), of_claim.amounts().SerializeAsString());
  ASSERT_EQ(of_stay.setldetail_size(), of_claim.setldetail_size());
  for (int i = 0; i < of_stay.setldetail_size(); ++i) {
    EXPECT_EQ(of_stay.setldetail(i).SerializeAsString(),
              of_claim.setldetail(i).SerializeAsString());
  }
  EXPECT_EQ(stay.Balance(), claim.Balance());
}

TEST(Stay, OtherInstitutionsSeeAndChangeNothing) {
  StayWorld world;
  Fill(world);
  const int64_t version = world.Version();
  world.From(kOtherHospital);
  for (const auto& answer :
       {world.Get("V1"), world.Change("V1", 1), world.CancelAdmission("V1"),
        world.Upload("V1", "B9", {Line("9", 9, 1)}), world.CancelFees("V1", "B1"),
        world.Discharge("V1", 10), world.CancelDischarge("V1")}) {
    EXPECT_EQ(answer.outcome(), v1::NO_SUCH_STAY);
    EXPECT_FALSE(answer.has_stay());
  }
  const Reply settled = world.Send(Call::kSettleStay, world.SettleRequest("V1", 150'000));
  EXPECT_EQ(settled.status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(world.Version(), version);
}

TEST(Stay, OverlapsAreRefusedOrFlaggedAsTheAreaSays) {
  StayWorld refuses;
  EXPECT_EQ(refuses.Admit("V1", 3).outcome(), v1::STAY_DONE);
  EXPECT_EQ(refuses.Admit("V1", 3).outcome(), v1::STAY_EXISTS);
  EXPECT_EQ(refuses.Admit("V2", 5).outcome(), v1::OVERLAPPING_STAY);
  EXPECT_EQ(refuses.Discharge("V1", 5).outcome(), v1::STAY_DONE);
  EXPECT_EQ(refuses.Admit("V2", 4).outcome(), v1::OVERLAPPING_STAY);
  EXPECT_EQ(refuses.Admit("V2", 5).outcome(), v1::STAY_DONE);  // a transfer
  // Open again it would reach into the second one.
  EXPECT_EQ(refuses.CancelDischarge("V1").outcome(), v1::OVERLAPPING_STAY);
  EXPECT_EQ(refuses.Change("V2", 4).outcome(), v1::OVERLAPPING_STAY);
  EXPECT_EQ(refuses.CancelAdmission("V2").outcome(), v1::STAY_DONE);
  EXPECT_EQ(refuses.Get("V2").outcome(), v1::NO_SUCH_STAY);
  EXPECT_EQ(refuses.CancelDischarge("V1").outcome(), v1::STAY_DONE);

  StayWorld flags("overlapping_stay: FLAG");
  EXPECT_EQ(flags.Admit("V2", 5).outcome(), v1::STAY_DONE);
  Fill(flags);
  ASSERT_EQ(flags.Discharge("V1", 10).outcome(), v1::STAY_DONE);
  const v1::Settlement settlement = flags.Settle("V1", 150'000);
  ASSERT_EQ(settlement.flag_size(), 1);
  EXPECT_EQ(settlement.flag(0).code(), "OVERLAPPING_STAY");
}

// A claim of 1,000 fen of the kind on a day of June.
v1::SettleRequest ClaimOn(StayWorld& world, const std::string& med_type, int day) {
  v1::SettleRequest request = SettleOf("", kPatient, 1'000);
  *request.mutable_header() = world.NextHeader();
  request.mutable_claim()->set_med_type(med_type);
  request.mutable_claim()->set_begndate(June(day));
  request.mutable_claim()->clear_enddate();
  return request;
}

TEST(Stay, ClaimsBesideItAreAllowedFlaggedOrRefused) {
  const auto settle = [](StayWorld& world, const std::string& med_type, int day) {
    return Parsed<v1::SettleResponse>(world.Send(Call::kSettle, ClaimOn(world, med_type, day)))
        .settlement();
  };
  StayWorld world("outpatient_during_stay: REFUSE purchase_during_stay: FLAG");
  ASSERT_EQ(world.Admit("V1", 3).outcome(), v1::STAY_DONE);
  EXPECT_EQ(settle(world, "11", 2).outcome(), v1::SETTLED);
  const v1::Settlement refused = settle(world, "11", 3);
  EXPECT_EQ(refused.outcome(), v1::IN_HOSPITAL);
  EXPECT_NE(refused.reason(), "");
  // Before any policy is asked, in the order of v1::Outcome: there is none for 14.
  EXPECT_EQ(settle(world, "14", 2).outcome(), v1::NO_POLICY);
  EXPECT_EQ(settle(world, "14", 3).outcome(), v1::IN_HOSPITAL);
  const v1::Settlement flagged = settle(world, "41", 3);
  EXPECT_EQ(flagged.outcome(), v1::SETTLED);
  ASSERT_EQ(flagged.flag_size(), 1);
  EXPECT_EQ(flagged.flag(0).code(), "PURCHASE_DURING_STAY");
  ASSERT_EQ(world.Discharge("V1", 5).outcome(), v1::STAY_DONE);
  EXPECT_EQ(settle(world, "11", 5).outcome(), v1::IN_HOSPITAL);
  EXPECT_EQ(settle(world, "11", 6).outcome(), v1::SETTLED);
  EXPECT_TRUE(world.LedgerIsClean());

  StayWorld other("outpatient_during_stay: ALLOW");
  ASSERT_EQ(other.Admit("V1", 3).outcome(), v1::STAY_DONE);
  EXPECT_EQ(settle(other, "11", 3).flag_size(), 0);
  EXPECT_EQ(settle(other, "41", 3).flag_size(), 1);  // the default
}

TEST(Stay, AnAdmissionNeedsAgreementAndCoverage) {
  StayWorld world;
  v1::AdmitRequest request;
  request.set_psn_no(kPatient);
  request.set_mdtrt_id("V1");
  request.mutable_admission()->set_med_type("2101");
  const auto outcome = [&](const char* insutype, const char* day) {
    *request.mutable_header() = world.NextHeader();
    request.mutable_admission()->set_insutype(insutype);
    request.mutable_admission()->set_begndate(day);
    return Parsed<v1::StayResponse>(world.Send(Call::kAdmit, request));
  };
  EXPECT_EQ(outcome("320", "2026-06-01").outcome(), v1::STAY_REFUSED);
  EXPECT_TRUE(absl::StrContains(outcome("320", "2026-06-01").reason(), "参保"));
  EXPECT_TRUE(absl::StrContains(outcome("310", "2019-12-31").reason(), "协议"));
  EXPECT_EQ(outcome("310", "2020-01-01").outcome(), v1::STAY_DONE);
}

TEST(Stay, ACredentialThatIsShownMustBeGood) {
  StayWorld world;
  v1::AdmitRequest admit;
  *admit.mutable_header() = world.NextHeader();
  admit.set_psn_no(kPatient);
  admit.set_mdtrt_id("V1");
  admit.mutable_admission()->set_insutype("310");
  admit.mutable_admission()->set_med_type("2101");
  admit.mutable_admission()->set_begndate(June(1));
  admit.mutable_credential()->set_mdtrt_cert_type("03");
  admit.mutable_credential()->set_mdtrt_cert_no("C1");
  admit.mutable_credential()->set_card_sn("S1");
  const auto refused = Parsed<v1::StayResponse>(world.Send(Call::kAdmit, admit));
  EXPECT_EQ(refused.outcome(), v1::STAY_REFUSED);
  EXPECT_EQ(refused.reason(), "就诊人名下无此社会保障卡");
  *admit.mutable_header() = world.NextHeader();
  admit.clear_credential();
  EXPECT_EQ(Parsed<v1::StayResponse>(world.Send(Call::kAdmit, admit)).outcome(), v1::STAY_DONE);
}

TEST(Stay, AMessageIsAppliedOnceAlsoAfterARestart) {
  StayWorld world;
  Fill(world);
  ASSERT_EQ(world.Discharge("V1", 10).outcome(), v1::STAY_DONE);
  const v1::SettleStayRequest request = world.SettleRequest("V1", 150'000);
  const Reply first = world.Send(Call::kSettleStay, request);
  const int64_t version = world.Version();
  EXPECT_EQ(world.Send(Call::kSettleStay, request).bytes, first.bytes);
  world.Restart();
  EXPECT_EQ(world.Send(Call::kSettleStay, request).bytes, first.bytes);
  EXPECT_EQ(world.Version(), version);
  v1::SettleStayRequest other = request;
  other.set_medfee_sumamt_fen(1);
  EXPECT_EQ(world.Send(Call::kSettleStay, other).status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(Stay, IsUndoneByMessageBeforeAndAfterItArrives) {
  StayWorld world;
  Fill(world);
  ASSERT_EQ(world.Discharge("V1", 10).outcome(), v1::STAY_DONE);
  const auto undo = [&](const v1::SettleStayRequest& original, v1::Transaction transaction) {
    v1::ReverseByMessageRequest request = UndoOf("", kPatient, original.header().msgid());
    *request.mutable_header() = world.NextHeader();
    request.set_transaction(transaction);
    return Parsed<v1::ReverseByMessageResponse>(world.Send(Call::kReverseByMessage, request))
        .reversal();
  };
  const v1::SettleStayRequest settle = world.SettleRequest("V1", 150'000);
  ASSERT_EQ(
      Parsed<v1::SettleResponse>(world.Send(Call::kSettleStay, settle)).settlement().outcome(),
      v1::SETTLED);
  EXPECT_EQ(undo(settle, v1::SETTLE).outcome(), v1::NOTHING_TO_REVERSE);
  const v1::ReverseByMessageRequest unclear = UndoOf("unclear", kPatient, settle.header().msgid());
  const absl::Status must_say = world.Send(Call::kReverseByMessage, unclear).status;
  EXPECT_TRUE(absl::StartsWith(must_say.message(), "transaction: ")) << must_say;
  EXPECT_EQ(undo(settle, v1::SETTLE_STAY).outcome(), v1::REVERSED);
  EXPECT_EQ(undo(settle, v1::SETTLE_STAY).outcome(), v1::ALREADY_REVERSED);
  EXPECT_EQ(world.Get("V1").stay().open_sum_fen(), 150'000);

  const auto answer = [&](const v1::SettleStayRequest& request) {
    return Parsed<v1::SettleResponse>(world.Send(Call::kSettleStay, request)).settlement();
  };
  const v1::SettleStayRequest late = world.SettleRequest("V1", 150'000);
  EXPECT_EQ(undo(late, v1::SETTLE_STAY).outcome(), v1::NOTHING_TO_REVERSE);
  EXPECT_EQ(answer(late).outcome(), v1::REVERSED_BEFORE_ARRIVAL);
  EXPECT_EQ(answer(late).mdtrt_id(), "V1");
  const v1::SettleStayRequest later = world.SettleRequest("V1", 150'000);
  EXPECT_EQ(undo(later, v1::TRANSACTION_UNSPECIFIED).outcome(), v1::NOTHING_TO_REVERSE);
  EXPECT_EQ(answer(later).outcome(), v1::REVERSED_BEFORE_ARRIVAL);
  const v1::SettleStayRequest fenced = world.SettleRequest("V1", 150'000);
  v1::QueryMessageRequest fence = QueryOf(fenced.header().msgid(), true);
  fence.set_transaction(v1::SETTLE_STAY);
  EXPECT_EQ(Parsed<v1::QueryMessageResponse>(world.Send(Call::kQueryMessage, fence)).state(),
            v1::NEVER_SEEN);
  EXPECT_EQ(answer(fenced).outcome(), v1::REVERSED_BEFORE_ARRIVAL);
  EXPECT_EQ(world.Get("V1").stay().settled_sum_fen(), 0);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(Stay, OfABillAndAStayWithOneIdTheUndoSaysWhich) {
  StayWorld world;
  Fill(world);
  ASSERT_EQ(world.Discharge("V1", 10).outcome(), v1::STAY_DONE);
  const v1::SettleStayRequest stay = world.SettleRequest("V1", 150'000);
  ASSERT_TRUE(world.Send(Call::kSettleStay, stay).status.ok());
  v1::SettleRequest bill = ClaimOn(world, "11", 12);
  bill.mutable_header()->set_msgid(stay.header().msgid());
  const auto settled = Parsed<v1::SettleResponse>(world.Send(Call::kSettle, bill)).settlement();
  ASSERT_EQ(settled.outcome(), v1::SETTLED) << settled.reason();
  v1::ReverseByMessageRequest undo = UndoOf("u1", kPatient, stay.header().msgid());
  const absl::Status unclear = world.Send(Call::kReverseByMessage, undo).status;
  EXPECT_EQ(unclear.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StartsWith(unclear.message(), "transaction: "));
  undo.set_transaction(v1::SETTLE);
  const Reply undone = world.Send(Call::kReverseByMessage, undo);
  EXPECT_EQ(Parsed<v1::ReverseByMessageResponse>(undone).reversal().orig_setl_id(),
            settled.setl_id());
}

TEST(Stay, ReadersOfTheHistoryFindTheClaimInTheEvent) {
  StayWorld world;
  Fill(world);
  const v1::Settlement part = world.Settle("V1", 90'000, 2);
  ASSERT_EQ(part.outcome(), v1::SETTLED);
  const v1::Claim claim = world.StoredClaim(part.version());
  EXPECT_EQ(claim.stay_part(), v1::FIRST_PART);
  EXPECT_EQ(claim.enddate(), June(2));
  EXPECT_EQ(claim.fee_line_size(), 2);
  const v1::Settlement next = world.Settle("V1", 60'000, 9);
  EXPECT_EQ(world.StoredClaim(next.version()).stay_part(), v1::LATER_PART);
}

// What the call answers to a malformed request, or to one that the stay contradicts.
template <typename Request>
std::string Refusal(StayWorld& world, Call call, const Request& request) {
  auto job = MakeJob(call, std::make_unique<Request>(request), TestNow());
  if (!job.ok()) return std::string(job.status().message());
  const Reply reply = world.Send(call, request);
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kInvalidArgument) << reply.status;
  return std::string(reply.status.message());
}

#define EXPECT_NAMES(field, refusal) \
  EXPECT_TRUE(absl::StartsWith(refusal, absl::StrCat(field, ": "))) << refusal

TEST(StayInput, EveryCallNamesTheFieldThatIsWrong) {
  StayWorld world;
  Fill(world);
  v1::AdmitRequest admit;
  *admit.mutable_header() = world.NextHeader();
  EXPECT_NAMES("psn_no", Refusal(world, Call::kAdmit, admit));
  admit.set_psn_no(kPatient);
  EXPECT_NAMES("mdtrt_id", Refusal(world, Call::kAdmit, admit));
  admit.set_mdtrt_id("V2");
  admit.mutable_credential();
  EXPECT_NAMES("credential.mdtrt_cert_type", Refusal(world, Call::kAdmit, admit));
  admit.clear_credential();
  EXPECT_NAMES("admission.insutype", Refusal(world, Call::kAdmit, admit));
  v1::Admission& admission = *admit.mutable_admission();
  admission.set_insutype("310");
  for (const char* med_type : {"", "11", "5201", "X"}) {
    admission.set_med_type(med_type);
    EXPECT_NAMES("admission.med_type", Refusal(world, Call::kAdmit, admit));
  }
  admission.set_med_type("21");
  for (const char* day : {"", "2026-02-29", "2026-06-16"}) {  // the last has not come yet
    admission.set_begndate(day);
    EXPECT_NAMES("admission.begndate", Refusal(world, Call::kAdmit, admit));
  }
  admission.set_begndate(June(1));
  admission.set_transfer(static_cast<v1::TransferKind>(9));
  EXPECT_NAMES("admission.transfer", Refusal(world, Call::kAdmit, admit));

  v1::UploadFeesRequest upload;
  *upload.mutable_header() = world.NextHeader();
  upload.set_psn_no(kPatient);
  upload.set_mdtrt_id("V1");
  EXPECT_NAMES("chrg_bchno", Refusal(world, Call::kUploadFees, upload));
  upload.set_chrg_bchno("B9");
  EXPECT_NAMES("fee_line", Refusal(world, Call::kUploadFees, upload));
  v1::FeeLine& line = *upload.add_fee_line();
  line = Line("9", 5, 100);
  line.clear_fee_ocur_date();
  EXPECT_NAMES("fee_line[0].fee_ocur_date", Refusal(world, Call::kUploadFees, upload));
  line.set_fee_ocur_date("2026-05-31");  // before the admission
  EXPECT_NAMES("fee_line[0].fee_ocur_date", Refusal(world, Call::kUploadFees, upload));
  line.set_fee_ocur_date("2026-06-16");
  EXPECT_NAMES("fee_line[0].fee_ocur_date", Refusal(world, Call::kUploadFees, upload));
  line = Line("1", 5, 100);  // the serial of a standing batch
  EXPECT_NAMES("fee_line[0].feedetl_sn", Refusal(world, Call::kUploadFees, upload));
  line = Line("9", 5, 100);
  line.set_det_item_fee_sumamt_fen(200);
  EXPECT_NAMES("fee_line[0].det_item_fee_sumamt_fen", Refusal(world, Call::kUploadFees, upload));
  upload.clear_fee_line();
  for (int i = 0; i < 4'998; ++i) *upload.add_fee_line() = Line(absl::StrCat("n", i), 5, 1);
  EXPECT_NAMES("fee_line", Refusal(world, Call::kUploadFees, upload));  // with 3 standing ones

  v1::CancelFeesRequest cancel;
  *cancel.mutable_header() = world.NextHeader();
  cancel.set_psn_no(kPatient);
  cancel.set_mdtrt_id("V1");
  EXPECT_NAMES("chrg_bchno", Refusal(world, Call::kCancelFees, cancel));

  v1::DischargeRequest discharge;
  *discharge.mutable_header() = world.NextHeader();
  discharge.set_psn_no(kPatient);
  discharge.set_mdtrt_id("V1");
  for (const char* day : {"", "2026-06-31", "2026-06-16", "2026-05-31"}) {
    discharge.set_enddate(day);
    EXPECT_NAMES("enddate", Refusal(world, Call::kDischarge, discharge));
  }

  v1::SettleStayRequest settle = world.SettleRequest("V1", 0);
  EXPECT_NAMES("medfee_sumamt_fen", Refusal(world, Call::kSettleStay, settle));
  settle = world.SettleRequest("V1", 150'001, 10);
  EXPECT_NAMES("medfee_sumamt_fen", Refusal(world, Call::kSettleStay, settle));
  settle = world.SettleRequest("V1", 150'000, 16);
  EXPECT_NAMES("until", Refusal(world, Call::kSettleStay, settle));
  settle = world.SettleRequest("V1", 150'000);
  settle.mutable_delivery()->set_fetus_cnt(10);
  EXPECT_NAMES("delivery.fetus_cnt", Refusal(world, Call::kSettleStay, settle));
  settle = world.SettleRequest("V1", 150'000);
  settle.set_acct_used_flag(static_cast<v1::AcctUse>(7));
  EXPECT_NAMES("acct_used_flag", Refusal(world, Call::kSettleStay, settle));
  settle.set_acct_used_flag(v1::ACCT_OWN);
  settle.mutable_credential();
  EXPECT_NAMES("credential.mdtrt_cert_type", Refusal(world, Call::kSettleStay, settle));
  settle.mutable_credential()->set_mdtrt_cert_type("99");
  EXPECT_NAMES("credential.mdtrt_cert_type", Refusal(world, Call::kSettleStay, settle));

  v1::ReverseByMessageRequest undo = UndoOf("u", kPatient, "x");
  undo.set_transaction(v1::ADMIT);
  EXPECT_NAMES("transaction", Refusal(world, Call::kReverseByMessage, undo));
  EXPECT_EQ(world.Get("V1").stay().open_sum_fen(), 150'000);
  EXPECT_TRUE(world.LedgerIsClean());
}

}  // namespace
}  // namespace yijie::engine
