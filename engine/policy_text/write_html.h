#ifndef YIJIE_ENGINE_POLICY_TEXT_WRITE_HTML_H_
#define YIJIE_ENGINE_POLICY_TEXT_WRITE_HTML_H_

#include <string>

#include "engine/policy_text/document.h"

namespace yijie::engine {

// A page that stands alone (engine/html.h) and prints on A4. Changes stand side by side.
std::string WriteHtml(const Document& document);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_TEXT_WRITE_HTML_H_
