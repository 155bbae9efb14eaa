#ifndef YIJIE_ENGINE_REPLAY_REPORT_HTML_H_
#define YIJIE_ENGINE_REPLAY_REPORT_HTML_H_

#include <string>

#include "engine/replay/report_words.h"

namespace yijie::engine {

// The report as a page that stands alone (engine/html.h), with bar charts. Money in yuan.
std::string ReportAsHtml(const ReportSubject& subject, const ReplayReport& report);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_REPORT_HTML_H_
