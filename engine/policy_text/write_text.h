#ifndef YIJIE_ENGINE_POLICY_TEXT_WRITE_TEXT_H_
#define YIJIE_ENGINE_POLICY_TEXT_WRITE_TEXT_H_

#include <string>

#include "engine/policy_text/document.h"

namespace yijie::engine {

inline constexpr int kDocumentColumns = 120;

// Plain text of at most kDocumentColumns columns, where a Chinese character counts as two. Ends
// with a newline.
std::string WriteText(const Document& document);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_TEXT_WRITE_TEXT_H_
