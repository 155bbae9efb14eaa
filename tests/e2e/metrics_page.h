#ifndef YIJIE_TESTS_E2E_METRICS_PAGE_H_
#define YIJIE_TESTS_E2E_METRICS_PAGE_H_

#include <cstdint>
#include <string>

namespace yijie::e2e {

// The body of http://127.0.0.1:port/metrics; empty if it cannot be had.
std::string MetricsPage(int port);

// Value of one line of the page: name with labels as printed. -1 if there is no such line.
int64_t Metric(const std::string& page, const std::string& name);

}  // namespace yijie::e2e

#endif  // YIJIE_TESTS_E2E_METRICS_PAGE_H_
