// A line never waits for whoever reads stderr.

#include "base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace yijie {
namespace {

// Standard error is a pipe that nobody reads but this.
class LogTest : public testing::Test {
 protected:
  LogTest() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    reader_ = ends[0];
    EXPECT_EQ(fcntl(reader_, F_SETFL, O_NONBLOCK), 0);
    EXPECT_EQ(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    close(ends[1]);
  }
  ~LogTest() override {
    dup2(before_, STDERR_FILENO);
    close(before_);
    close(reader_);
  }

  std::string ReadAll() const {
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(reader_, buffer, sizeof(buffer))) > 0;)
      text.append(buffer, static_cast<size_t>(got));
    return text;
  }

 private:
  const int before_ = dup(STDERR_FILENO);
  int reader_ = -1;
};

TEST_F(LogTest, ALineHasWhatWasGiven) {
  LogLine("settle").Text("institution", "H\"1").Number("us", 312);
  EXPECT_TRUE(
      absl::EndsWith(ReadAll(), ",\"event\":\"settle\",\"institution\":\"H\\\"1\",\"us\":312}\n"));
}

TEST_F(LogTest, TextIsEscaped) {
  const std::string text("\"a\\b\n\x01\x1fz\x7f\0\xe5\x8c\xbb\\", 14);
  LogLine("x").Text("t", text).Text("empty", "").Text("plain", "a b");
  EXPECT_TRUE(
      absl::EndsWith(ReadAll(),
                     ",\"t\":\"\\\"a\\\\b\\u000a\\u0001\\u001fz\x7f\\u0000\xe5\x8c\xbb\\\\\","
                     "\"empty\":\"\",\"plain\":\"a b\"}\n"));
}

// Without that it hangs: a pipe takes 64 KiB.
TEST_F(LogTest, LinesThatNobodyReadsAreDroppedWholeAndCounted) {
  constexpr int kLines = 3'000;
  const std::string filler(100, 'x');
  {
    LogLines lines;
    for (int i = 0; i < kLines; ++i) {
      i % 2 == 0 ? void(LogLine("one").Text("filler", filler))
                 : void(LogLine("together", lines).Text("filler", filler));
    }
  }
  const std::string before = ReadAll();
  LogLine("after");
  const std::string after = ReadAll();

  const std::vector<std::string> written = absl::StrSplit(before, '\n', absl::SkipEmpty());
  for (const std::string& line : written) EXPECT_TRUE(absl::EndsWith(line, "x\"}")) << line;
  const auto dropped = kLines - static_cast<int>(written.size());
  EXPECT_GT(dropped, 0);
  EXPECT_TRUE(absl::StrContains(
      after, absl::StrCat("\"event\":\"log_lines_dropped\",\"number\":", dropped, "}\n")))
      << after;
  EXPECT_TRUE(absl::EndsWith(after, "\"event\":\"after\"}\n")) << after;
}

}  // namespace
}  // namespace yijie
