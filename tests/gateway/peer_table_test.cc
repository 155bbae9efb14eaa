#include "engine/gateway/peer_table.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "engine/area/area_code.h"
#include "engine/books/pair_code.h"
#include "engine/peers/identity.h"

namespace yijie::engine {
namespace {

absl::StatusOr<PeerTable> TableOf(const std::string& text) {
  v1::GatewayPeers peers;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &peers)) << text;
  return PeerTable::Make(std::move(peers));
}

std::string AreaFound(const PeerTable& table, const std::string& code) {
  const auto found = table.Find(code);
  return found ? table.peer(*found).admdvs() : "";
}

TEST(PeerTable, TheSmallestAreaThatHoldsACodeIsFound) {
  const auto table = TableOf(
      "peer { admdvs: '430000' address: 'a:1' }"
      "peer { admdvs: '430199' address: 'b:1' }"
      "peer { admdvs: '231081' address: 'c:1' }"
      "peer { admdvs: '639900' address: 'd:1' }");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(AreaFound(*table, "430299"), "430000");
  EXPECT_EQ(AreaFound(*table, "439900"), "430000");
  EXPECT_EQ(AreaFound(*table, "430100"), "430199");
  EXPECT_EQ(AreaFound(*table, "430102"), "430199");
  EXPECT_EQ(AreaFound(*table, "231081"), "231081");
  EXPECT_EQ(AreaFound(*table, "231099"), "");
  EXPECT_EQ(AreaFound(*table, "630123"), "639900");
  EXPECT_EQ(AreaFound(*table, "110000"), "");
}

TEST(PeerTable, BadTablesNameTheField) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "peer:"},
      {"peer { admdvs: '43000' address: 'a:1' }", "peer[0].admdvs:"},
      {"peer { admdvs: '430000' }", "peer[0].address:"},
      {"peer { admdvs: '430000' address: 'a:1' } peer { admdvs: '439900' address: 'b:1' }",
       "peer[1].admdvs:"},
      {"peer { admdvs: '430000' address: 'a:1' } insutype: ''", "insutype[0]:"},
      {"peer { admdvs: '430000' address: 'a:1' } advance { insuplc_admdvs: '1' }",
       "advance[0].insuplc_admdvs:"},
      {"peer { admdvs: '430000' address: 'a:1' }"
       "advance { insuplc_admdvs: '430000' mdtrtarea_admdvs: 'x' amount_fen: 1 }",
       "advance[0].mdtrtarea_admdvs:"},
      {"peer { admdvs: '430000' address: 'a:1' }"
       "advance { insuplc_admdvs: '430000' mdtrtarea_admdvs: '620000' }",
       "advance[0].amount_fen:"},
      {"peer { admdvs: '430000' address: 'a:1' }"
       "advance { insuplc_admdvs: '430000' mdtrtarea_admdvs: '620000' amount_fen: 1 }"
       "advance { insuplc_admdvs: '439900' mdtrtarea_admdvs: '620100' amount_fen: 1 }",
       "advance[1]:"},
  };
  for (const auto& [text, field] : cases) {
    const absl::Status status = TableOf(text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text << ": " << status;
    EXPECT_EQ(status.message().substr(0, std::string(field).size()), field) << status;
  }
}

TEST(PeerTable, CarriesItsSchemesOrAll) {
  const auto all = TableOf("peer { admdvs: '430000' address: 'a:1' }");
  EXPECT_TRUE(all->Carries("310") && all->Carries("410"));
  const auto injury = TableOf("peer { admdvs: '430000' address: 'a:1' } insutype: '410'");
  EXPECT_TRUE(injury->Carries("410"));
  EXPECT_FALSE(injury->Carries("310"));
}

TEST(PeerTable, APartyIsKnownByTheAreaInItsCertificate) {
  const auto table = TableOf("peer { admdvs: '430000' address: 'a:1' }");
  EXPECT_EQ(table->WithIdentity(IdentityOfArea("430000")), 0U);
  for (const char* identity : {"", "urn:yijie:gateway", "urn:yijie:area:430100",
                               "urn:yijie:area:4300", "urn:yijie:area:430000/x", "430000"})
    EXPECT_EQ(table->WithIdentity(identity), std::nullopt) << identity;
}

TEST(PairCode, IsTheSameWhicheverPartOfAnAreaIsNamed) {
  for (const char* care : {"620000", "629900", "620100", "620102"})
    for (const char* insured : {"410000", "419900", "410199", "410102"})
      EXPECT_EQ(PairCode(care, insured), "620000410000") << care << " " << insured;
  EXPECT_EQ(PairCode("410000", "620000"), "410000620000");
  // In one province the cities, in one city the counties.
  EXPECT_EQ(PairCode("430199", "430299"), "430100430200");
  EXPECT_EQ(PairCode("430102", "430200"), "430100430200");
  EXPECT_EQ(PairCode("439900", "430100"), "430000430100");
  EXPECT_EQ(PairCode("231081", "231004"), "231081231004");
}

}  // namespace
}  // namespace yijie::engine
