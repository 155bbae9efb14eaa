// Re-pointing a bill: what is malformed, what is refused, stays, and what becomes of the money.

#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/claim_input.h"
#include "tests/correction/world.h"
#include "tests/engine/engine_fixture.h"
#include "tests/newborn/two_persons.h"
#include "yijie/v1/stay.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

v1::RepointRequest RepointOf(const std::string& msgid, const std::string& setl_id) {
  v1::RepointRequest request;
  request.mutable_header()->set_fixmedins_code("A410100");
  request.mutable_header()->set_msgid(msgid);
  request.set_psn_no("C");
  request.set_from_psn_no("M");
  request.set_fixmedins_code(kHospital);
  request.set_setl_id(setl_id);
  request.set_reason("出生后补办参保");
  return request;
}

class Repoint : public testing::Test {
 protected:
  Repoint() : world_(CorrectionReference(), MotherFacts(), ChildFacts()) {}

  v1::RepointResponse Send(const v1::RepointRequest& request) {
    return world_.Do<v1::RepointResponse>(Call::kRepoint, request, TestNow());
  }
  v1::Settlement Settle(const std::string& msgid, const std::string& psn_no, int64_t fen) {
    return world_.Do<v1::SettleResponse>(Call::kSettle, SettleOf(msgid, psn_no, fen), TestNow())
        .settlement();
  }
  v1::Reversal Undo(const std::string& msgid, const std::string& psn_no,
                    const std::string& setl_id) {
    v1::UndoSettlementRequest request;
    *request.mutable_header() = Header(msgid);
    request.set_psn_no(psn_no);
    request.set_setl_id(setl_id);
    request.set_fixmedins_code(kHospital);
    request.set_reason("test");
    return world_.Do<v1::ReverseResponse>(Call::kUndoSettlement, request, TestNow()).reversal();
  }
  void Amend(const v1::PersonFacts& facts) { AmendIn(world_, facts); }
  static void AmendIn(TwoPersons& world, const v1::PersonFacts& facts) {
    static int messages = 0;
    v1::AmendPersonRequest request;
    *request.mutable_header() = Header(absl::StrCat("amend", ++messages));
    *request.mutable_facts() = facts;
    world.Do<v1::AmendPersonResponse>(Call::kAmendPerson, request, TestNow());
  }

  // A stay of M with one batch of 100,000 fen, discharged.
  void Stay(const std::string& visit) {
    v1::AdmitRequest admit;
    About(visit, "a", &admit);
    admit.mutable_admission()->set_insutype("310");
    admit.mutable_admission()->set_med_type("21");
    admit.mutable_admission()->set_begndate("2026-06-01");
    ASSERT_EQ(world_.Do<v1::StayResponse>(Call::kAdmit, admit, TestNow()).outcome(), v1::STAY_DONE);
    v1::UploadFeesRequest upload;
    About(visit, "u", &upload);
    upload.set_chrg_bchno("1");
    *upload.add_fee_line() = SettleOf("x", "M", 100'000).claim().fee_line(0);
    upload.mutable_fee_line(0)->set_fee_ocur_date("2026-06-02");
    ASSERT_EQ(world_.Do<v1::StayResponse>(Call::kUploadFees, upload, TestNow()).outcome(),
              v1::STAY_DONE);
    v1::DischargeRequest discharge;
    About(visit, "d", &discharge);
    discharge.set_enddate("2026-06-10");
    ASSERT_EQ(world_.Do<v1::StayResponse>(Call::kDischarge, discharge, TestNow()).outcome(),
              v1::STAY_DONE);
  }
  v1::Settlement SettleStay(const std::string& visit, const std::string& msgid,
                            const std::string& psn_no, const std::string& until = "") {
    v1::SettleStayRequest request;
    About(visit, msgid, &request);
    request.set_psn_no(psn_no);
    request.set_medfee_sumamt_fen(100'000);
    request.set_acct_used_flag(v1::ACCT_OWN);
    request.set_until(until);
    return world_.Do<v1::SettleResponse>(Call::kSettleStay, request, TestNow()).settlement();
  }
  template <typename Request>
  void About(const std::string& visit, const std::string& msgid, Request* request) {
    *request->mutable_header() = Header(absl::StrCat(msgid, visit));
    request->set_psn_no("M");
    request->set_mdtrt_id(visit);
  }

  TwoPersons world_;
};

TEST_F(Repoint, BadFieldsAreNamed) {
  struct Bad {
    const char* field;
    std::function<void(v1::RepointRequest&)> spoil;
  };
  const std::vector<Bad> cases = {
      {"header.fixmedins_code", [](auto& r) { r.mutable_header()->clear_fixmedins_code(); }},
      {"header.msgid", [](auto& r) { r.mutable_header()->set_msgid("a b"); }},
      {"psn_no", [](auto& r) { r.clear_psn_no(); }},
      {"psn_no", [](auto& r) { r.set_psn_no("孩"); }},
      {"from_psn_no", [](auto& r) { r.clear_from_psn_no(); }},
      {"from_psn_no", [](auto& r) { r.set_from_psn_no("C"); }},
      {"fixmedins_code", [](auto& r) { r.clear_fixmedins_code(); }},
      {"setl_id", [](auto& r) { r.clear_setl_id(); }},
      {"setl_id", [](auto& r) { r.set_mdtrt_id("V1"); }},
      {"setl_id", [](auto& r) { r.set_setl_id("\n"); }},
      {"mdtrt_id",
       [](auto& r) {
         r.clear_setl_id();
         r.set_mdtrt_id("\x01");
       }},
      {"insutype", [](auto& r) { r.set_insutype("39"); }},
      {"med_type", [](auto& r) { r.set_med_type("2a"); }},
      {"reason", [](auto& r) { r.clear_reason(); }},
      {"reason", [](auto& r) { r.set_reason("two\nlines"); }},
      {"reason", [](auto& r) { r.set_reason(std::string(301, 'x')); }},
  };
  const std::string setl_id = Settle("s1", "M", 100'000).setl_id();
  for (const Bad& bad : cases) {
    auto request = std::make_unique<v1::RepointRequest>(RepointOf("p1", setl_id));
    bad.spoil(*request);
    const auto job = MakeJob(Call::kRepoint, std::move(request), TestNow());
    EXPECT_TRUE(absl::IsInvalidArgument(job.status())) << bad.field;
    EXPECT_TRUE(absl::StartsWith(job.status().message(), absl::StrCat(bad.field, ":")))
        << bad.field << " " << job.status();
  }
  EXPECT_TRUE(MakeJob(Call::kRepoint,
                      std::make_unique<v1::RepointRequest>(RepointOf("p1", setl_id)), TestNow())
                  .ok());
}

TEST_F(Repoint, MovesTheMoneyAndKeepsTheCash) {
  world_.Do<v1::CreditAccountResponse>(Call::kCreditAccount, CreditOf("c1", "M", 20'000),
                                       TestNow());
  const v1::Settlement before = Settle("s1", "M", 200'000);
  ASSERT_EQ(before.outcome(), v1::SETTLED);
  EXPECT_EQ(before.amounts().acct_pay_fen(), 20'000);
  const v1::RepointResponse response = Send(RepointOf("p1", before.setl_id()));
  ASSERT_EQ(response.outcome(), v1::REPOINTED) << response.reason();
  EXPECT_EQ(response.settlement().fixmedins_code(), kHospital);
  EXPECT_EQ(response.settlement().medins_setl_id(), "s1");
  EXPECT_EQ(world_.person("M").balance(), Fen(20'000));
  // The child has no account: what the mother's had paid is cash that nobody paid yet.
  EXPECT_EQ(response.owed_to_person_fen(), -20'000);
  EXPECT_EQ(world_.Ledger("M", store::v1::INSTITUTION_PAYABLE).size(), 0U);
  EXPECT_EQ(world_.Ledger("M", store::v1::FUND_EXPENSE).size(), 0U);
  EXPECT_EQ(world_.Ledger("M", store::v1::PERSON_CLEARING).size(), 0U);
  EXPECT_EQ(world_.Totals("M"), "");
  // The institution is owed what it was owed.
  EXPECT_EQ(world_.Ledger("C", store::v1::INSTITUTION_PAYABLE).at(kHospital),
            -(200'000 - before.amounts().psn_cash_pay_fen()));
  EXPECT_EQ(Undo("u1", "M", before.setl_id()).outcome(), v1::ALREADY_REVERSED);
  EXPECT_EQ(world_.Problem(), "");
}

TEST_F(Repoint, WhatCannotBeRepointedSaysWhy) {
  const v1::Settlement settled = Settle("s1", "M", 100'000);
  v1::RepointRequest request = RepointOf("p1", settled.setl_id());
  request.set_fixmedins_code(kOtherHospital);
  EXPECT_EQ(Send(request).outcome(), v1::REPOINT_NO_SUCH_BILL);
  request = RepointOf("p2", std::string(30, '0'));
  EXPECT_EQ(Send(request).outcome(), v1::REPOINT_NO_SUCH_BILL);
  request = RepointOf("p3", "");
  request.set_mdtrt_id("V9");
  EXPECT_EQ(Send(request).outcome(), v1::REPOINT_NO_SUCH_BILL);
  request = RepointOf("p4", settled.setl_id());
  request.set_insutype("390");  // not the child's
  const v1::RepointResponse refused = Send(request);
  EXPECT_EQ(refused.outcome(), v1::REPOINT_CHILD_REFUSED);
  EXPECT_FALSE(refused.reason().empty());
  v1::PersonFacts facts = ChildFacts();
  facts.set_brdy("2026-06-05");
  Amend(facts);
  EXPECT_EQ(Send(RepointOf("p5", settled.setl_id())).outcome(), v1::REPOINT_CHILD_REFUSED);
  facts = ChildFacts();
  facts.clear_mother_psn_no();
  Amend(facts);
  EXPECT_EQ(Send(RepointOf("p6", settled.setl_id())).outcome(), v1::REPOINT_NOT_RELATED);
  Amend(ChildFacts());
  EXPECT_EQ(Undo("u1", "M", settled.setl_id()).outcome(), v1::REVERSED);
  EXPECT_EQ(Send(RepointOf("p7", settled.setl_id())).outcome(), v1::REPOINT_NOT_STANDING);
  EXPECT_EQ(world_.Problem(), "");
}

TEST_F(Repoint, ALaterBillOfAnotherPlaceOfCareIsUndoneThereFirst) {
  const v1::Settlement first = Settle("s1", "M", 200'000);
  const v1::Settlement later = Settle("s2", "M", 200'000);
  const auto reference = CorrectionReference();
  storage::PersonVersion version = **world_.store().LoadVersion("M", later.version());
  store::v1::PersonEvent event;
  ASSERT_TRUE(event.ParseFromString(version.event));
  store::v1::CrossPart& across = *event.mutable_settled()->mutable_cross();
  across.set_peer_admdvs("620000");
  across.set_resv_id("r1");
  across.set_at_insured_place(true);
  *across.mutable_bill()->mutable_institution() = *reference->FindInstitution(kHospital);
  ClassifyLines(*reference, "620000", SettleOf("s2", "M", 200'000).claim(),
                across.mutable_bill()->mutable_line_class());
  version.event = event.SerializeAsString();
  world_.store().PlantVersion("M", version);
  const v1::RepointResponse before = Send(RepointOf("p1", first.setl_id()));
  EXPECT_EQ(before.outcome(), v1::REPOINT_SETTLED_ACROSS) << before.reason();
  EXPECT_EQ(before.later_setl_id(), later.setl_id());
  EXPECT_EQ(world_.person("M").version, later.version());
}

// A temporary number of the same baby is known by its day of birth.
TEST_F(Repoint, ATemporaryNumberOfTheChildServesLikeTheMother) {
  v1::PersonFacts temporary = MotherFacts();
  temporary.set_brdy(ChildFacts().brdy());
  Amend(temporary);
  v1::PersonFacts child = ChildFacts();
  child.clear_mother_psn_no();
  Amend(child);
  const std::string setl_id = Settle("s1", "M", 100'000).setl_id();
  EXPECT_EQ(Send(RepointOf("p1", setl_id)).outcome(), v1::REPOINTED);
  EXPECT_EQ(world_.Problem(), "");
}

TEST_F(Repoint, OnlyTheAgencyUndoesWhatItRepointed) {
  const v1::Settlement before = Settle("s1", "M", 100'000);
  const std::string setl_id = Send(RepointOf("p1", before.setl_id())).settlement().setl_id();
  const auto own =
      world_.Do<v1::ReverseResponse>(Call::kReverse, ReverseOf("r1", "C", setl_id), TestNow());
  EXPECT_EQ(own.reversal().outcome(), v1::ONLY_BY_AGENCY);
  EXPECT_EQ(Undo("u1", "C", setl_id).outcome(), v1::REVERSED);
  for (const auto account :
       {store::v1::INSTITUTION_PAYABLE, store::v1::FUND_EXPENSE, store::v1::PERSON_CLEARING}) {
    EXPECT_TRUE(world_.Ledger("C", account).empty());
  }
  EXPECT_EQ(world_.Totals("C"), "");
  EXPECT_EQ(world_.Problem(), "");
}

TEST_F(Repoint, LateFactsOfTheChildCorrectWhatArrived) {
  const v1::Settlement before = Settle("s1", "M", 200'000);
  Send(RepointOf("p1", before.setl_id()));
  v1::PersonFacts facts = ChildFacts();
  facts.mutable_coverage(0)->set_enddate("2026-05-01");  // was not insured after all
  Amend(facts);
  EXPECT_TRUE(world_.Ledger("C", store::v1::FUND_EXPENSE).empty());
  Amend(ChildFacts());
  EXPECT_EQ(world_.Problem(), "");
}

// --- Stays

TEST_F(Repoint, ASettledStayGoesAlongWithItsFees) {
  Stay("V1");
  const v1::Settlement before = SettleStay("V1", "s", "M");
  ASSERT_EQ(before.outcome(), v1::SETTLED) << before.reason();
  const v1::RepointResponse response = Send(RepointOf("p1", before.setl_id()));
  ASSERT_EQ(response.outcome(), v1::REPOINTED) << response.reason();
  EXPECT_EQ(response.settlement().amounts().medfee_sumamt_fen(), 100'000);
  EXPECT_EQ(world_.person("M").rest->stays().stay_size(), 0);
  ASSERT_EQ(world_.person("C").rest->stays().stay_size(), 1);
  // Undone, its fees are open and settle again, once.
  EXPECT_EQ(Undo("u1", "C", response.settlement().setl_id()).outcome(), v1::REVERSED);
  EXPECT_EQ(SettleStay("V1", "t", "C").outcome(), v1::SETTLED);
  EXPECT_EQ(SettleStay("V1", "v", "C").outcome(), v1::CLAIM_INCOMPLETE);
  EXPECT_EQ(world_.Problem(), "");
}

TEST_F(Repoint, AnOpenStayGoesAlongWithItsFees) {
  Stay("V1");
  v1::RepointRequest request = RepointOf("p1", "");
  request.set_mdtrt_id("V1");
  const v1::RepointResponse response = Send(request);
  ASSERT_EQ(response.outcome(), v1::REPOINTED) << response.reason();
  EXPECT_FALSE(response.has_settlement());
  EXPECT_EQ(world_.person("M").rest->stays().stay_size(), 0);
  EXPECT_EQ(SettleStay("V1", "s", "C").outcome(), v1::SETTLED);
  // Settled, it is named by its settlement.
  Stay("V2");
  SettleStay("V2", "s", "M");
  request = RepointOf("p2", "");
  request.set_mdtrt_id("V2");
  EXPECT_EQ(Send(request).outcome(), v1::REPOINT_STAY_IN_PARTS);
  EXPECT_EQ(world_.Problem(), "");
}

// --- A child that comes to be refused between the two commits

TEST(RepointWaits, UntilTheChildCanTakeIt) {
  TwoPersons* living = nullptr;
  const auto refuse = [&](store::v1::Departure*) {
    if (living == nullptr) return;
    TwoPersons& world = *std::exchange(living, nullptr);
    v1::AmendPersonRequest amend;
    *amend.mutable_header() = Header("late");
    *amend.mutable_facts() = ChildFacts();
    amend.mutable_facts()->mutable_coverage(0)->set_enddate("2026-01-01");
    world.Do<v1::AmendPersonResponse>(Call::kAmendPerson, amend, TestNow());
  };
  TwoPersons world(CorrectionReference(), MotherFacts(), ChildFacts(), refuse);
  const auto settled =
      world.Do<v1::SettleResponse>(Call::kSettle, SettleOf("s1", "M", 100'000), TestNow());
  const v1::RepointRequest first = RepointOf("p1", settled.settlement().setl_id());
  living = &world;
  EXPECT_EQ(world.Do<v1::RepointResponse>(Call::kRepoint, first, TestNow()).outcome(),
            v1::REPOINT_WAITS);
  EXPECT_EQ(world.Problem(), "");
  ASSERT_EQ(world.person("M").rest->newborn().departure_size(), 1);
  EXPECT_TRUE(world.person("M").rest->newborn().departure(0).waits());
  EXPECT_TRUE(world.Ledger("M", store::v1::FUND_EXPENSE).empty());
  // Still refused: nothing is changed.
  v1::RepointRequest again = RepointOf("p2", settled.settlement().setl_id());
  EXPECT_EQ(world.Do<v1::RepointResponse>(Call::kRepoint, again, TestNow()).outcome(),
            v1::REPOINT_CHILD_REFUSED);
  v1::AmendPersonRequest amend;
  *amend.mutable_header() = Header("mended");
  *amend.mutable_facts() = ChildFacts();
  world.Do<v1::AmendPersonResponse>(Call::kAmendPerson, amend, TestNow());
  again.mutable_header()->set_msgid("p3");
  const auto arrived = world.Do<v1::RepointResponse>(Call::kRepoint, again, TestNow());
  EXPECT_EQ(arrived.outcome(), v1::REPOINTED) << arrived.reason();
  EXPECT_EQ(world.person("M").rest->newborn().departure_size(), 0);
  EXPECT_EQ(world.Problem(), "");
}

}  // namespace
}  // namespace yijie::engine
