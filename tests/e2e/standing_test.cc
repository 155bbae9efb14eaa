// What the commands make of errors is what docs/client.md tells other clients to make of them.

#include "engine/commands/standing.h"

#include <grpcpp/support/status_code_enum.h>
#include <gtest/gtest.h>

namespace yijie::engine {
namespace {

TEST(StandingTest, NotAppliedForTheMomentIsSentAgain) {
  for (const int code : {grpc::RESOURCE_EXHAUSTED, grpc::ABORTED, grpc::DEADLINE_EXCEEDED}) {
    EXPECT_EQ(StandingOf(code, "stage queue: too late; not applied, send the same message again"),
              Standing::kNotNow)
        << code;
  }
}

TEST(StandingTest, WhatCannotEverBeAppliedIsNotSentAgain) {
  EXPECT_EQ(StandingOf(grpc::RESOURCE_EXHAUSTED, "larger than max (3000000 vs. 2097152)"),
            Standing::kNever);
  for (const int code :
       {grpc::INVALID_ARGUMENT, grpc::NOT_FOUND, grpc::ALREADY_EXISTS, grpc::FAILED_PRECONDITION,
        grpc::UNIMPLEMENTED, grpc::PERMISSION_DENIED, grpc::UNAUTHENTICATED}) {
    EXPECT_EQ(StandingOf(code, "claim.fee[0].cnt: must be positive"), Standing::kNever) << code;
  }
}

TEST(StandingTest, TheRestIsUnknown) {
  EXPECT_EQ(StandingOf(grpc::DEADLINE_EXCEEDED, "Deadline Exceeded"), Standing::kUnknown)
      << "of the caller's timer";
  for (const int code :
       {grpc::UNAVAILABLE, grpc::INTERNAL, grpc::CANCELLED, grpc::UNKNOWN, grpc::OUT_OF_RANGE}) {
    EXPECT_EQ(StandingOf(code, "Socket closed"), Standing::kUnknown) << code;
  }
  EXPECT_EQ(StandingOf(grpc::DATA_LOSS, "a record cannot be read"), Standing::kLost);
}

}  // namespace
}  // namespace yijie::engine
