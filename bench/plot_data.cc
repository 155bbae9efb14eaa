#include "bench/plot_data.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace yijie::bench {
namespace {

namespace fs = std::filesystem;

// Even steps for the body, finer ones for the tail.
std::vector<double> Shares() {
  std::vector<double> shares;
  for (int percent = 0; percent < 99; ++percent) shares.push_back(percent / 100.0);
  for (int i = 0; i < 10; ++i) shares.push_back(0.99 + i / 1'000.0);
  for (int i = 0; i <= 10; ++i) shares.push_back(0.999 + i / 10'000.0);
  return shares;
}

}  // namespace

void PlotData::Clear() const {
  for (const char* name : {"latency_cdf", "load", "size"}) {
    fs::remove(absl::StrCat(directory_, "/", name, ".csv"));
    fs::remove(absl::StrCat(directory_, "/", name, ".svg"));
  }
  fs::remove(directory_ + "/run.txt");
  std::error_code not_empty;
  fs::remove(directory_, not_empty);
}

absl::Status PlotData::AddLatencies(absl::string_view series,
                                    const std::vector<int64_t>& nanoseconds) const {
  if (nanoseconds.empty()) return absl::OkStatus();
  std::string rows;
  const auto last = static_cast<double>(nanoseconds.size() - 1);
  for (const double share : Shares()) {
    const auto index = static_cast<size_t>(share * last);
    absl::StrAppendFormat(&rows, "%s,%.1f,%.4f\n", series,
                          static_cast<double>(nanoseconds[index]) / 1000, share);
  }
  return Append("latency_cdf.csv", "series,us,share\n", rows);
}

absl::Status PlotData::AddLoad(absl::string_view series, const LoadPoint& point) const {
  return Append(
      "load.csv", "series,offered,achieved,p50,p99,refused\n",
      absl::StrFormat("%s,%.0f,%.0f,%.0f,%.0f,%.4f\n", series, point.offered, point.achieved,
                      point.latency.p50_us, point.latency.p99_us, point.refused));
}

absl::Status PlotData::AddSize(absl::string_view series, const SizePoint& point) const {
  return Append(
      "size.csv", "series,persons,settlements,us_per_settle,rss_mb,disk_mb\n",
      absl::StrFormat("%s,%d,%d,%.2f,%.0f,%.0f\n", series, point.persons, point.settlements,
                      point.us_per_settle, point.rss_mb, point.disk_mb));
}

absl::Status PlotData::Describe(absl::string_view text) const {
  fs::create_directories(directory_);
  std::ofstream file(directory_ + "/run.txt");
  file << text;
  file.close();
  if (!file.good()) return absl::UnknownError(absl::StrCat("cannot write into ", directory_));
  return absl::OkStatus();
}

absl::Status PlotData::Append(absl::string_view name, absl::string_view header,
                              absl::string_view rows) const {
  fs::create_directories(directory_);
  const std::string path = absl::StrCat(directory_, "/", name);
  const bool is_new = !fs::exists(path);
  std::ofstream file(path, std::ios::app);
  if (is_new) file << header;
  file << rows;
  file.close();
  if (!file.good()) return absl::UnknownError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

}  // namespace yijie::bench
