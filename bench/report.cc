#include "bench/report.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace yijie::bench {
namespace {

// Three significant digits, thousands separated: 1,234,567 -> "1,230,000", 0.1234 -> "0.123".
std::string Short(double value) {
  if (value == 0) return "0";
  const double scale = std::pow(10, 2 - std::floor(std::log10(std::abs(value))));
  const double rounded = std::round(value * scale) / scale;
  if (rounded < 100)
    return absl::StrFormat("%.*f", rounded < 1 ? 3 : rounded < 10 ? 2 : 1, rounded);
  std::string digits = absl::StrFormat("%.0f", rounded);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

// Half of what lies between the least and the greatest, of the median.
std::string Spread(const std::vector<double>& values) {
  const double median = Median(values);
  if (values.size() < 2 || median == 0) return "";
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  return absl::StrFormat("%.0f%%", (*greatest - *least) / 2 / median * 100);
}

// What ours / floor has to be: at most where less is better, at least where more is.
struct Target {
  double bound = 0;  // 0: the row has none

  // "<= 2 x", ">= 0.7 x", "<= 1/500"
  std::string Text(Better better) const {
    if (bound == 0) return "";
    return absl::StrCat(
        better == Better::kLess ? "<= " : ">= ",
        bound < 0.01 ? absl::StrFormat("1/%.0f", 1 / bound) : absl::StrFormat("%g x", bound));
  }
};

// The whole list of what the engine is to reach beside a floor or peer. A row that is not in a run
// has no effect.
struct NamedTarget {
  absl::string_view row;
  double bound;
};
constexpr NamedTarget kTargets[] = {
    {"evaluate/with-look-ups", 2.0},
    {"durable/256 settles", 0.7},
    {"rpc/1 p50, durable", 1.25},
    {"rpc/64 settles", 0.65},
    {"overload/10x goodput", 0.9},
    {"overload/10x admitted p99", 1.0},
    {"overload/10x refusals p99, asked", 1.0},
    {"overload/10x memory after", 1.05},
    {"overload/10x normal after", 1.0},
    {"noisy/10x others p99", 1.5},
    {"stream/1 settles", 0.6},
    {"stream/32 settles", 0.4},
    {"stream/32 +1ms settles", 0.9},
    {"stream/32 +5ms settles", 0.7},
    {"peers/zen, traced", 1.0 / 500},
    {"peers/zen, no trace", 1.0 / 500},
    {"peers/postgres/unary 64 settles", 7.0},
    {"peers/postgres/unary 256 settles", 7.0},
    {"peers/postgres/batches settles", 25.0},
    {"peers/postgres/unary p99, half load", 0.3},
};

// What a settlement may cost at any size, beside the smallest of the same campaign.
constexpr double kFlat = 1.2;
constexpr absl::string_view kCostsBySize[] = {" CPU a settle", " CPU, not in memory",
                                              " instructions a settle",
                                              " instructions, not in memory"};

// None without a floor.
Target TargetOf(const Row& row) {
  if (row.floor.empty()) return {};
  for (const NamedTarget& target : kTargets) {
    if (target.row == row.name) return {target.bound};
  }
  for (const absl::string_view cost : kCostsBySize) {
    if (absl::StartsWith(row.name, "scale/") && absl::EndsWith(row.name, cost)) return {kFlat};
  }
  return {};
}

// Ours / floor, the sense in which targets are stated; 0 if one is missing.
double Quotient(const Row& row) {
  const double floor = Median(row.floor);
  return floor == 0 ? 0 : Median(row.ours) / floor;
}

// 0.00195 -> "1/512", 0.345 -> "0.345", 8.449 -> "8.45".
std::string QuotientText(double quotient) {
  if (quotient <= 0) return "";
  if (quotient < 0.01) return absl::StrCat("1/", Short(1 / quotient));
  return Short(quotient);
}

bool Met(const Row& row, const Target& target) {
  return row.better == Better::kLess ? Quotient(row) <= target.bound
                                     : Quotient(row) >= target.bound;
}

// "0.68 NO", "8.45 yes"; empty without a target.
std::string ReachedText(const Row& row, const Target& target) {
  if (target.bound == 0) return "";
  return absl::StrCat(QuotientText(Quotient(row)), Met(row, target) ? " yes" : " NO");
}

// Medians of what an append and fdatasync took beside the row.
Latencies Disk(const Row& row) {
  std::vector<double> p50, p99;
  for (const Latencies& sync : row.disk) {
    p50.push_back(sync.p50_us);
    p99.push_back(sync.p99_us);
  }
  return {Median(p50), Median(p99)};
}

std::string DiskText(const Row& row) {
  if (row.disk.empty()) return "";
  const Latencies sync = Disk(row);
  return absl::StrFormat("%.0f / %.0f", sync.p50_us, sync.p99_us);
}

double Ratio(const Row& row) {
  const double ours = Median(row.ours), floor = Median(row.floor);
  if (ours == 0 || floor == 0) return 0;
  return row.better == Better::kLess ? ours / floor : floor / ours;
}

std::string Quoted(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string JsonNumbers(const std::vector<double>& values) {
  return absl::StrCat("[",
                      absl::StrJoin(values, ", ",
                                    [](std::string* out, double value) {
                                      absl::StrAppendFormat(out, "%.6g", value);
                                    }),
                      "]");
}

std::string JsonRow(const Row& row) {
  std::string json =
      absl::StrCat("    {\"name\": ", Quoted(row.name), ", \"unit\": ", Quoted(row.unit),
                   ", \"better\": ", row.better == Better::kLess ? "\"less\"" : "\"more\"",
                   absl::StrFormat(", \"ours_median\": %.6g", Median(row.ours)),
                   ",\n     \"ours\": ", JsonNumbers(row.ours));
  if (!row.floor.empty()) {
    absl::StrAppend(
        &json, ",\n     \"floor_name\": ", Quoted(row.floor_name),
        absl::StrFormat(", \"floor_median\": %.6g, \"ratio\": %.4g", Median(row.floor), Ratio(row)),
        ",\n     \"floor\": ", JsonNumbers(row.floor));
  }
  if (row.allocations >= 0) {
    absl::StrAppendFormat(&json, ",\n     \"allocations\": %.4g", row.allocations);
  }
  if (!row.disk.empty()) {
    const Latencies sync = Disk(row);
    absl::StrAppendFormat(&json, ",\n     \"fsync_p50_us\": %.4g, \"fsync_p99_us\": %.4g",
                          sync.p50_us, sync.p99_us);
  }
  if (const Target target = TargetOf(row); target.bound > 0) {
    absl::StrAppendFormat(&json, ",\n     \"target\": %s, \"reached\": %.4g, \"met\": %s",
                          Quoted(target.Text(row.better)), Quotient(row),
                          Met(row, target) ? "true" : "false");
  }
  return json + "}";
}

int FirstStderr() {
  static const int fd = dup(STDERR_FILENO);
  return fd;
}

}  // namespace

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

void Report::Add(Row row) { rows_.push_back(std::move(row)); }

void Report::Note(absl::string_view name, absl::string_view value) {
  notes_.emplace_back(std::string(name), std::string(value));
}

std::string Report::Table() const {
  constexpr char kFormat[] = "%-38s %-5s %10s %10s %6s %11s %11s %6s %8s %10s  %s\n";
  std::string table = absl::StrFormat(kFormat, "what", "unit", "ours", "floor", "ratio", "spread",
                                      "fsync", "allocs", "target", "reached", "floor is");
  table += std::string(165, '-') + "\n";
  for (const Row& row : rows_) {
    const bool has_floor = !row.floor.empty();
    const Target target = TargetOf(row);
    absl::StrAppendFormat(
        &table, kFormat, row.name, row.unit, Short(Median(row.ours)),
        has_floor ? Short(Median(row.floor)) : "", QuotientText(Ratio(row)),
        has_floor ? absl::StrCat(Spread(row.ours), " / ", Spread(row.floor)) : Spread(row.ours),
        DiskText(row), row.allocations < 0 ? "" : absl::StrFormat("%.4g", row.allocations),
        target.Text(row.better), ReachedText(row, target), row.floor_name);
  }
  return table;
}

absl::Status Report::WriteJson(const Machine& machine, const std::string& path) const {
  std::string json = absl::StrCat("{\n  \"machine\": ", machine.Json(), ",\n  \"notes\": {\n");
  absl::StrAppend(
      &json,
      absl::StrJoin(notes_, ",\n",
                    [](std::string* out, const auto& note) {
                      absl::StrAppend(out, "    ", Quoted(note.first), ": ", Quoted(note.second));
                    }),
      "\n  },\n  \"rows\": [\n",
      absl::StrJoin(rows_, ",\n",
                    [](std::string* out, const Row& row) { absl::StrAppend(out, JsonRow(row)); }),
      "\n  ]\n}\n");
  std::ofstream file(path);
  file << json;
  file.close();
  if (!file.good()) return absl::UnknownError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

void Progress(absl::string_view text) {
  const std::string line = absl::StrCat(text, "\n");
  [[maybe_unused]] const ssize_t written = write(FirstStderr(), line.data(), line.size());
}

LogToFile::LogToFile(const std::string& path) {
  FirstStderr();
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  dup2(fd, STDERR_FILENO);
  close(fd);
}

LogToFile::~LogToFile() { dup2(FirstStderr(), STDERR_FILENO); }

}  // namespace yijie::bench
