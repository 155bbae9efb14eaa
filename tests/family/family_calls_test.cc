// Bonds: what is refused, what is malformed, and what the two sides see.

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/family/family_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

v1::ChangeFamilyBondResponse Change(FamilyWorld& world, v1::ChangeFamilyBondRequest request) {
  return Parsed<v1::ChangeFamilyBondResponse>(world.Send(Call::kChangeFamilyBond, request));
}

v1::GetFamilyResponse Get(FamilyWorld& world, const std::string& psn_no) {
  v1::GetFamilyRequest request;
  request.set_psn_no(psn_no);
  return Parsed<v1::GetFamilyResponse>(world.Send(Call::kGetFamily, request));
}

TEST(FamilyCalls, ABondIsMadeChangedAndEnded) {
  FamilyWorld world({});
  EXPECT_EQ(Change(world, BondOf("b1", "A", "B", 7)).outcome(), v1::FAMILY_BOND_DONE);
  EXPECT_EQ(Change(world, BondOf("b2", "C", "B", 3)).outcome(), v1::FAMILY_BOND_DONE);
  const auto again = Change(world, BondOf("b3", "A", "B"));
  EXPECT_EQ(again.outcome(), v1::FAMILY_BOND_EXISTS);
  EXPECT_FALSE(again.reason().empty());
  auto family = Get(world, "B");
  ASSERT_EQ(family.giver_size(), 2);
  EXPECT_EQ(family.giver(0).psn_no(), "C");
  EXPECT_EQ(family.giver(1).psn_no(), "A");
  v1::ChangeFamilyBondRequest change = BondOf("b4", "A", "B", 1);
  change.set_change(v1::CHANGE_BOND);
  change.mutable_bond()->set_yearly_limit_fen(500);
  EXPECT_EQ(Change(world, change).bond(0).yearly_limit_fen(), 500);
  EXPECT_EQ(Get(world, "B").giver(0).psn_no(), "A");
  EXPECT_EQ(Get(world, "A").bond(0).bond().yearly_limit_fen(), 500);
  v1::ChangeFamilyBondRequest end;
  *end.mutable_header() = Header("b5");
  end.set_psn_no("A");
  end.set_change(v1::END_BOND);
  end.mutable_bond()->set_relative_psn_no("B");
  EXPECT_EQ(Change(world, end).bond_size(), 0);
  EXPECT_EQ(Get(world, "B").giver_size(), 1);
  end.mutable_header()->set_msgid("b6");
  EXPECT_EQ(Change(world, end).outcome(), v1::NO_SUCH_FAMILY_BOND);
  EXPECT_EQ(world.Problem(), "");
}

TEST(FamilyCalls, RelationsTheAreaDoesNotNameAreRefused) {
  FamilyWorld world({});
  v1::ChangeFamilyBondRequest sibling = BondOf("b1", "A", "B");
  sibling.mutable_bond()->set_relation(v1::SIBLING);
  EXPECT_EQ(Change(world, sibling).outcome(), v1::FAMILY_RELATION_NOT_PERMITTED);
}

TEST(FamilyCalls, SameMessageSameReplyOtherContentRefused) {
  FamilyWorld world({});
  const Reply first = world.Send(Call::kChangeFamilyBond, BondOf("b1", "A", "B"));
  EXPECT_EQ(world.Send(Call::kChangeFamilyBond, BondOf("b1", "A", "B")).bytes, first.bytes);
  const Reply other = world.Send(Call::kChangeFamilyBond, BondOf("b1", "A", "B", 9));
  EXPECT_EQ(other.status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(absl::StartsWith(other.status.message(), "bond.rank")) << other.status;
}

TEST(FamilyCalls, PersonsMustBeKnown) {
  FamilyWorld world({});
  EXPECT_TRUE(absl::IsNotFound(world.Send(Call::kChangeFamilyBond, BondOf("b1", "X", "B")).status));
  const Reply reply = world.Send(Call::kChangeFamilyBond, BondOf("b2", "A", "X"));
  EXPECT_TRUE(absl::IsNotFound(reply.status));
  EXPECT_TRUE(absl::StartsWith(reply.status.message(), "bond.relative_psn_no"));
}

struct BadBond {
  const char* field;
  std::function<void(v1::ChangeFamilyBondRequest&)> spoil;
};

const BadBond kBadBonds[] = {
    {"header.fixmedins_code", [](auto& r) { r.mutable_header()->set_fixmedins_code("H-1"); }},
    {"header.msgid", [](auto& r) { r.mutable_header()->clear_msgid(); }},
    {"psn_no", [](auto& r) { r.set_psn_no(""); }},
    {"change", [](auto& r) { r.clear_change(); }},
    {"change", [](auto& r) { r.set_change(static_cast<v1::FamilyBondChange>(9)); }},
    {"bond.relative_psn_no", [](auto& r) { r.mutable_bond()->set_relative_psn_no("a b"); }},
    {"bond.relative_psn_no", [](auto& r) { r.mutable_bond()->set_relative_psn_no("A"); }},
    {"bond.relation", [](auto& r) { r.mutable_bond()->clear_relation(); }},
    {"bond.relation",
     [](auto& r) { r.mutable_bond()->set_relation(static_cast<v1::Relation>(77)); }},
    {"bond.consent_no", [](auto& r) { r.mutable_bond()->clear_consent_no(); }},
    {"bond.consent_no", [](auto& r) { r.mutable_bond()->set_consent_no(std::string(51, 'x')); }},
    {"bond.consent_no", [](auto& r) { r.mutable_bond()->set_consent_no("a\x01"); }},
    {"bond.begndate", [](auto& r) { r.mutable_bond()->set_begndate("2026-02-30"); }},
    {"bond.enddate", [](auto& r) { r.mutable_bond()->set_enddate("x"); }},
    {"bond.enddate", [](auto& r) { r.mutable_bond()->set_enddate("2025-12-31"); }},
    {"bond.settlement_limit_fen", [](auto& r) { r.mutable_bond()->set_settlement_limit_fen(-1); }},
    {"bond.yearly_limit_fen",
     [](auto& r) { r.mutable_bond()->set_yearly_limit_fen(100'000'000'001); }},
    {"bond.rank", [](auto& r) { r.mutable_bond()->set_rank(0); }},
    {"bond.rank", [](auto& r) { r.mutable_bond()->set_rank(100); }},
    {"bond.relation", [](auto& r) { r.set_change(v1::END_BOND); }},
};

TEST(FamilyCalls, EveryBadFieldIsNamed) {
  for (const BadBond& bad : kBadBonds) {
    auto request = std::make_unique<v1::ChangeFamilyBondRequest>(BondOf("b1", "A", "B"));
    bad.spoil(*request);
    const auto job = MakeJob(Call::kChangeFamilyBond, std::move(request), TestNow());
    ASSERT_EQ(job.status().code(), absl::StatusCode::kInvalidArgument) << bad.field;
    EXPECT_TRUE(absl::StartsWith(job.status().message(), absl::StrCat(bad.field, ":")))
        << bad.field << " got " << job.status();
  }
  EXPECT_EQ(MakeJob(Call::kGetFamily, std::make_unique<v1::GetFamilyRequest>(), TestNow())
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(FamilyCalls, StepsAreNotOfferedToClients) {
  int internal = 0;
  for (const CallSpec* spec : AllCalls()) {
    if (!spec->internal) continue;
    ++internal;
    EXPECT_EQ(spec->prepare, nullptr) << spec->method;
    EXPECT_FALSE(absl::StartsWith(spec->method, "yijie.v1.")) << spec->method;
  }
  EXPECT_EQ(internal, 9);  // four of family sharing, two of re-pointing, three across areas
}

}  // namespace
}  // namespace yijie::engine
