#include <gtest/gtest.h>

#include "engine/cross/cross_digest.h"
#include "tests/cross/cross_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// A Reserve as a place of care sends it.
v1::ReserveRequest SoundReserve() {
  CrossWorld world;
  v1::ReserveRequest caught;
  world.peer().alter_request = [&](Call call, google::protobuf::Message* request) {
    if (call == Call::kReserve) caught.CopyFrom(*request);
  };
  world.Settle(BillAway("M1", 150000));
  return caught;
}

struct BadReserve {
  const char* field;
  void (*spoil)(v1::ReserveRequest*);
};

TEST(CrossInput, ABadReserveNamesItsField) {
  const v1::ReserveRequest sound = SoundReserve();
  ASSERT_TRUE(MakeJob(Call::kReserve, std::make_unique<v1::ReserveRequest>(sound), TestNow()).ok());
  const BadReserve kBad[] = {
      {"header.fixmedins_code", [](auto* r) { r->mutable_header()->set_fixmedins_code("62"); }},
      {"header.msgid", [](auto* r) { r->mutable_header()->clear_msgid(); }},
      {"insuplc_admdvs", [](auto* r) { r->set_insuplc_admdvs("4101x9"); }},
      {"institution.fixmedins_code",
       [](auto* r) { r->mutable_institution()->set_fixmedins_code("H-1"); }},
      {"institution.admdvs", [](auto* r) { r->mutable_institution()->set_admdvs("410100"); }},
      {"institution.hosp_lv",
       [](auto* r) { r->mutable_institution()->set_hosp_lv(static_cast<v1::HospitalLevel>(99)); }},
      {"institution.begndate", [](auto* r) { r->mutable_institution()->clear_begndate(); }},
      {"medins_msgid", [](auto* r) { r->clear_medins_msgid(); }},
      {"claim.psn_no", [](auto* r) { r->mutable_claim()->set_psn_no("a@b"); }},
      {"claim.advance_flag", [](auto* r) { r->mutable_claim()->set_advance_flag(true); }},
      {"claim.insuplc_admdvs", [](auto* r) { r->mutable_claim()->clear_insuplc_admdvs(); }},
      {"line_class", [](auto* r) { r->clear_line_class(); }},
      {"line_class[0].chrgitm_lv",
       [](auto* r) { r->mutable_line_class(0)->set_chrgitm_lv(static_cast<v1::ItemClass>(9)); }},
      {"line_class[0].selfpay_prop_1e6",
       [](auto* r) { r->mutable_line_class(0)->set_selfpay_prop_1e6(1'000'001); }},
      {"line_class[0].pric_uplmt_fen",
       [](auto* r) { r->mutable_line_class(0)->set_pric_uplmt_fen(-1); }},
  };
  for (const BadReserve& bad : kBad) {
    auto request = std::make_unique<v1::ReserveRequest>(sound);
    bad.spoil(request.get());
    Seal(request.get());
    const auto job = MakeJob(Call::kReserve, std::move(request), TestNow());
    ASSERT_TRUE(absl::IsInvalidArgument(job.status())) << bad.field;
    EXPECT_EQ(job.status().message().substr(0, std::string(bad.field).size()), bad.field)
        << job.status();
  }
  auto unsealed = std::make_unique<v1::ReserveRequest>(sound);
  unsealed->mutable_claim()->set_acct_used_flag(v1::ACCT_NOT_USED);
  EXPECT_EQ(MakeJob(Call::kReserve, std::move(unsealed), TestNow()).status().message().substr(0, 7),
            "digest:");
}

v1::ConfirmRequest ConfirmOf(const std::string& resv_id) {
  v1::ConfirmRequest request;
  request.mutable_header()->set_fixmedins_code(kCareArea);
  request.mutable_header()->set_msgid(resv_id);
  request.set_insuplc_admdvs(kArea);
  request.set_psn_no("P1");
  request.set_setl_id(std::string(30, '7'));
  request.set_clr_date("2026-06-15");
  request.set_reserved_digest(std::string(32, 'd'));
  Seal(&request);
  return request;
}

// Answers to questions nobody asked: nothing moves, and nothing is remembered that could stand in
// the way of the right one.
TEST(CrossInput, AConfirmOfNothingMovesNothing) {
  CrossWorld world;
  const int64_t version = world.insured().version;
  const Reply reply = world.AtHome(Call::kConfirm, ConfirmOf("R1"));
  EXPECT_TRUE(absl::IsFailedPrecondition(reply.status)) << reply.status;
  EXPECT_EQ(world.insured().version, version);
}

TEST(CrossInput, AConfirmOfSomethingElseMovesNothing) {
  CrossWorld world;
  world.peer().way = [](Call call) {
    return call == Call::kConfirm ? Way::kRequestLost : Way::kOpen;
  };
  const v1::Settlement settled = world.Settle(BillAway("M1", 150000));
  const int64_t version = world.insured().version;
  EXPECT_TRUE(absl::IsFailedPrecondition(
      world.AtHome(Call::kConfirm, ConfirmOf(settled.resv_id())).status));
  v1::ConfirmRequest other_area = ConfirmOf(settled.resv_id());
  other_area.mutable_header()->set_fixmedins_code("630000");
  Seal(&other_area);
  EXPECT_TRUE(absl::IsFailedPrecondition(world.AtHome(Call::kConfirm, other_area).status));
  EXPECT_EQ(world.insured().version, version);
  world.peer().way = [](Call) { return Way::kOpen; };
  world.Resolve();
  EXPECT_EQ(world.open_attempts(), 0);
}

TEST(CrossInput, AReserveForAnotherPlaceIsRefused) {
  CrossWorld world;
  v1::ReserveRequest request = SoundReserve();
  request.set_insuplc_admdvs("330100");
  request.mutable_claim()->set_insuplc_admdvs("330100");
  Seal(&request);
  const int64_t version = world.insured().version;
  const Reply reply = world.AtHome(Call::kReserve, request);
  EXPECT_TRUE(absl::IsInvalidArgument(reply.status)) << reply.status;
  EXPECT_EQ(world.insured().version, version);
}

TEST(CrossInput, ACancelAfterAConfirmMovesNothing) {
  CrossWorld world;
  const v1::Settlement settled = world.Settle(BillAway("M1", 150000));
  v1::CancelReservationRequest request;
  request.mutable_header()->set_fixmedins_code(kCareArea);
  request.mutable_header()->set_msgid(settled.resv_id());
  request.set_insuplc_admdvs(kArea);
  request.set_psn_no("P1");
  Seal(&request);
  const int64_t version = world.insured().version;
  EXPECT_TRUE(absl::IsFailedPrecondition(world.AtHome(Call::kCancelReservation, request).status));
  EXPECT_EQ(world.insured().version, version);
}

}  // namespace
}  // namespace yijie::engine
