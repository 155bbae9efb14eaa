#include "engine/gateway/peer_health.h"

#include <gtest/gtest.h>

namespace yijie::engine {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPlenty(3'000);

TEST(PeerHealth, IsUntriedUntilItIsReached) {
  PeerHealth health{HealthLimits()};
  EXPECT_EQ(health.state(), v1::PEER_UNTRIED);
  health.Connected(false);
  EXPECT_EQ(health.state(), v1::PEER_UNTRIED);
  health.Connected(true);
  EXPECT_EQ(health.state(), v1::PEER_UP);
}

TEST(PeerHealth, IsDeadWithoutAConnectionAndAliveWithOne) {
  PeerHealth health{HealthLimits()};
  health.Answered(milliseconds(5));
  health.Connected(false);
  EXPECT_EQ(health.state(), v1::PEER_DEAD);
  health.Connected(true);
  EXPECT_EQ(health.state(), v1::PEER_UP);
}

TEST(PeerHealth, IsDeadAfterSeveralSilencesAndAliveAfterOneAnswer) {
  PeerHealth health{HealthLimits()};
  health.Answered(milliseconds(5));
  for (int i = 0; i < 2; ++i) health.Failed(kPlenty);
  EXPECT_EQ(health.state(), v1::PEER_UP);
  health.Failed(kPlenty);
  EXPECT_EQ(health.state(), v1::PEER_DEAD);
  health.Connected(true);  // a connection that nobody answers on
  EXPECT_EQ(health.state(), v1::PEER_DEAD);
  health.Answered(milliseconds(5));
  EXPECT_EQ(health.state(), v1::PEER_UP);
  EXPECT_EQ(health.calls(), 5);
  EXPECT_EQ(health.failures(), 3);
}

TEST(PeerHealth, ANewConnectionIsANewBeginning) {
  PeerHealth health{HealthLimits()};
  health.Answered(milliseconds(5));
  for (int i = 0; i < 5; ++i) health.Failed(kPlenty);
  health.Connected(false);
  EXPECT_EQ(health.state(), v1::PEER_DEAD);
  health.Connected(true);
  EXPECT_EQ(health.state(), v1::PEER_UP);
}

TEST(PeerHealth, SilenceInAShortTimeSaysNothing) {
  PeerHealth health{HealthLimits()};
  health.Answered(milliseconds(5));
  for (int i = 0; i < 10; ++i) health.Failed(milliseconds(999));
  EXPECT_EQ(health.state(), v1::PEER_UP);
  EXPECT_EQ(health.failures(), 10);
}

TEST(PeerHealth, IsSlowByTheMeanAndUpAgainBelowHalfOfTheLimit) {
  PeerHealth health{HealthLimits()};
  health.Answered(milliseconds(1));
  health.Answered(kPlenty);  // one late answer is no slow peer
  EXPECT_EQ(health.state(), v1::PEER_UP);
  for (int i = 0; i < 20; ++i) health.Answered(kPlenty);
  EXPECT_EQ(health.state(), v1::PEER_SLOW);
  for (int i = 0; i < 40; ++i) health.Answered(milliseconds(700));
  EXPECT_EQ(health.state(), v1::PEER_SLOW);
  for (int i = 0; i < 40; ++i) health.Answered(milliseconds(100));
  EXPECT_EQ(health.state(), v1::PEER_UP);
}

}  // namespace
}  // namespace yijie::engine
