#ifndef YIJIE_ENGINE_REPLAY_REPORT_CSV_H_
#define YIJIE_ENGINE_REPLAY_REPORT_CSV_H_

#include <string>

#include "engine/replay/report_words.h"

namespace yijie::engine {

// The report as CSV (RFC 4180, UTF-8), one row for a group, fund or person; money in yuan. Column
// `section` says what the row is about: total, fund, a dimension, refused_now or person.
// Columns that mean nothing for a section are empty.
std::string ReportAsCsv(const ReportSubject& subject, const ReplayReport& report);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_REPORT_CSV_H_
