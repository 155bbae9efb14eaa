#ifndef YIJIE_ENGINE_REPLAY_REPORT_TEXT_H_
#define YIJIE_ENGINE_REPLAY_REPORT_TEXT_H_

#include <string>

#include "engine/replay/report_words.h"

namespace yijie::engine {

// The report for a terminal; ends with a newline. Money in yuan.
std::string ReportAsText(const ReportSubject& subject, const ReplayReport& report);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_REPORT_TEXT_H_
